/** docs/problems.md as bytes of the program: what each code means. */
#ifndef WAYMARK_COMMON_ADAPTERS_PROBLEMS_H
#define WAYMARK_COMMON_ADAPTERS_PROBLEMS_H

#include <stddef.h>

extern const char problems_page[];
extern const size_t problems_page_n;

#endif
