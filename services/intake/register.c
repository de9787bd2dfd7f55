#include "intake/register.h"

#include <stdlib.h>

#include "common/adapters/authorities.h"
#include "common/engine/memory.h"
#include "intake/agencies_json.h"

enum { MEMORY_MAX = 64 << 20, FILE_MAX = 16 << 20 };

static enum status
read_file(struct agency_register *r, const char *folder, struct err *err)
{
    struct str path = arena_printf(r->arena, "%s/agencies.json", folder);
    struct str text;
    enum status rc = file_read(path.p, FILE_MAX, r->arena, &text, err);

    if (rc == ST_OK)
        rc = agencies_json_read(r->arena, text, &r->agencies, err);
    if (rc == ST_OK)
        rc = token_keys_read(text, &r->keys, err);
    if (rc != ST_OK)
        err_where(err, "%s", path.p);
    return rc;
}

enum status
register_read(const char *folder, struct agency_register **all, struct err *err)
{
    struct agency_register *r = calloc(1, sizeof *r);
    enum status rc = ST_OK;

    if (r == NULL || (r->arena = memory_open(MEMORY_MAX)) == NULL)
        rc = err_set(err, ST_RETRY, "memory", "no memory for the register");
    if (rc == ST_OK)
        rc = read_file(r, folder, err);
    if (rc != ST_OK) {
        register_close(r);
        return rc;
    }
    r->older = *all;
    *all = r;
    return ST_OK;
}

void
register_close(struct agency_register *all)
{
    while (all != NULL) {
        struct agency_register *older = all->older;

        token_keys_close(all->keys);
        memory_close(all->arena);
        free(all);
        all = older;
    }
}
