#include "cli/return_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status
failed(const struct return_file *f, struct err *err)
{
    return err_set(err, ST_RETRY, "file", "%s: %s", f->path, strerror(errno));
}

enum status
return_file_open(struct arena *arena, const char *path, struct return_file *out,
                 struct err *err)
{
    int fd;

    *out = (struct return_file){ .to = stdout, .path = path };
    if (path == NULL)
        return ST_OK;
    out->temporary = arena_printf(arena, "%s.new", path).p;
    out->to = NULL;
    (void)unlink(out->temporary);
    fd = open(out->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        out->to = fdopen(fd, "w");
    if (out->to != NULL)
        return ST_OK;
    if (fd >= 0)
        (void)close(fd);
    return failed(out, err);
}

enum status
return_file_close(struct return_file *f, struct err *err)
{
    enum status rc = ST_OK;

    if (f->path == NULL)
        return fflush(stdout) == 0 && !ferror(stdout)
                   ? ST_OK
                   : err_set(err, ST_RETRY, "file", "stdout: not written");
    if (fflush(f->to) != 0 || ferror(f->to) || fsync(fileno(f->to)) != 0 ||
        rename(f->temporary, f->path) != 0)
        rc = failed(f, err);
    if (rc != ST_OK) {
        return_file_drop(f);
        return rc;
    }
    (void)fclose(f->to);
    f->to = NULL;
    return ST_OK;
}

void
return_file_drop(struct return_file *f)
{
    if (f->path == NULL || f->to == NULL)
        return;
    (void)fclose(f->to);
    (void)unlink(f->temporary);
    f->to = NULL;
}
