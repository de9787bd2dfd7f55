#include "common/core/settings.h"

const struct settings_version *
settings_current(const struct settings *s)
{
    return s->n == 0 ? NULL : &s->versions[s->n - 1];
}

const struct profile *
settings_profile(const struct settings *s, struct str version)
{
    for (size_t i = s->n; i-- > 0;)
        if (str_eq(s->versions[i].version, version))
            return s->versions[i].profile;
    return NULL;
}
