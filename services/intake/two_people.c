#include "intake/two_people.h"

#include <strings.h>

/* Two names that differ in case or in blanks around them are one person's. */
static bool
is_same(struct str a, struct str b)
{
    return a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0;
}

static struct str
trimmed(struct str s)
{
    while (s.n > 0 && s.p[0] == ' ') {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && s.p[s.n - 1] == ' ')
        s.n--;
    return s;
}

enum status
one_person_read(const struct json *doc, const char *member, struct arena *arena,
                struct str *out, struct err *err)
{
    struct str text;

    if (!json_str(json_get(doc, member), &text))
        return err_set(err, ST_REJECT, "R02", "want a text as %s", member);
    text = trimmed(text);
    if (text.n == 0 || text.n > TWO_PEOPLE_NAME_MAX)
        return err_set(err, ST_REJECT, "R03", "%s: want 1 to %d bytes", member,
                       TWO_PEOPLE_NAME_MAX);
    *out = arena_str(arena, text);
    return ST_OK;
}

enum status
two_people_read(const struct json *doc, const char *act, struct arena *arena,
                struct str *by, struct str *second, struct err *err)
{
    enum status rc = one_person_read(doc, "by", arena, by, err);

    if (rc == ST_OK)
        rc = one_person_read(doc, "second", arena, second, err);
    if (rc == ST_OK && is_same(*by, *second))
        rc = err_set(err, ST_REJECT, "R18",
                     "to %s takes two people, by and second", act);
    return rc;
}
