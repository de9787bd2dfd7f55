/**
 * What may be shown of a setting's text: passwords inside it become ***.
 */
#ifndef WAYMARK_COMMON_ENGINE_SECRET_H
#define WAYMARK_COMMON_ENGINE_SECRET_H

#include <stdbool.h>
#include <stdio.h>

/** True where a key's name says that all of its value is secret: it ends in
 * PASSWORD, SECRET or KEY. */
bool secret_key(const char *name);

/**
 * Print `text` with "***" in place of the password of a URI
 * (scheme://user:password@host) and of every value of a word that ends in
 * password, secret or passphrase (password='...' of a conninfo, ?password=...
 * of a URI). Where a text can be read in two ways the longer one is hidden.
 */
void secret_print(const char *text, FILE *to);

#endif
