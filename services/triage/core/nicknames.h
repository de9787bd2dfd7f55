/**
 * Forms of one given name: what a school, a mother and a hospital may call
 * the same child. A row is a group, in the form of name_key(); two names of one
 * row are forms of each other, a name may stand in several rows.
 *
 * Source: put together for this project from common English usage, not taken
 * from a published list. Only forms which people use for the same person are
 * here, and none that is likelier to be a sibling's name.
 */
#ifndef WAYMARK_TRIAGE_CORE_NICKNAMES_H
#define WAYMARK_TRIAGE_CORE_NICKNAMES_H

#include <stddef.h>

extern const char *const nicknames[];
extern const size_t n_nicknames;

#endif
