/**
 * The engine's configurer: activated texts of profiles and calendars become
 * settings. Texts of other kinds (staff, agencies) are kept by the store and
 * not read here.
 */
#ifndef WAYMARK_COMMON_ADAPTERS_CONFIGURER_H
#define WAYMARK_COMMON_ADAPTERS_CONFIGURER_H

#include "common/engine/port.h"

struct configurer_texts;

/** NULL without memory. `port` works through it until configurer_close. */
struct configurer_texts *configurer_open(struct configurer *port);
void configurer_close(struct configurer_texts *c);

#endif
