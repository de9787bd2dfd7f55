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
return_file_close(struct return_file *f, bool keep, struct err *err)
{
    bool good;

    if (f->path == NULL)
        return fflush(stdout) == 0 && !ferror(stdout)
                   ? ST_OK
                   : err_set(err, ST_RETRY, "file", "stdout: not written");
    good = f->to != NULL && fflush(f->to) == 0 && !ferror(f->to) &&
           fsync(fileno(f->to)) == 0;
    if (f->to != NULL)
        good = fclose(f->to) == 0 && good;
    f->to = NULL;
    if (keep && good && rename(f->temporary, f->path) == 0)
        return ST_OK;
    if (keep)
        (void)failed(f, err);
    (void)unlink(f->temporary);
    return keep ? ST_RETRY : ST_OK;
}
