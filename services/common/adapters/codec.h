/** The engine's codec over Avro: records, and the person inside one. */
#ifndef WAYMARK_COMMON_ADAPTERS_CODEC_H
#define WAYMARK_COMMON_ADAPTERS_CODEC_H

#include "common/adapters/avro.h"
#include "common/engine/port.h"

/** Fill `port` so that it works through `avro`, which is borrowed. */
void codec_over(struct avro_codec *avro, struct codec *port);

#endif
