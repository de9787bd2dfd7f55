/**
 * Text on a page: what is a sign of HTML's own is written as its entity.
 */
#ifndef WAYMARK_CLI_HTML_H
#define WAYMARK_CLI_HTML_H

#include <stdio.h>

#include "common/core/str.h"

/** Between tags, or in an attribute within double quotes. Errors of the stream
 * are the caller's to ask for. */
void html_put(FILE *out, struct str text);

#endif
