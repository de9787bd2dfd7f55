/**
 * One fact a line as JSON on stderr, event name first, ids only: no names, no
 * free text of people, no readings (style.md section b).
 *
 *   log_warn("case_rejected", "case=%s code=%s", id, err.code);
 *   {"event":"case_rejected","level":"warn","at":"2015-06-26T...","case":"..."}
 *
 * `fmt` is a run of name=value pairs; a value with spaces stands in double
 * quotes. Safe to call from any thread. A line is valid JSON whatever the
 * values hold: control characters become spaces, bytes that are no UTF-8 "?",
 * and what goes beyond 2048 bytes is cut.
 */
#ifndef WAYMARK_COMMON_ENGINE_LOG_H
#define WAYMARK_COMMON_ENGINE_LOG_H

/** Name of the service and instance that every line carries; call once from main. */
void log_open(const char *service, const char *instance);

void log_info(const char *event, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void log_warn(const char *event, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void log_error(const char *event, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
