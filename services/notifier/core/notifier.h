/**
 * What is to be told to whom, decided from the log alone: one delivery for
 * each stage of an alert, each answer to a referrer and each relay to a
 * school. Gives nothing out: deliveries are rows, and the sender
 * (notifier/sender.h) tells them. No name of a person is in them, only ids,
 * roles, units, rules and codes.
 *
 * An acknowledged or cleared alert's deliveries are wanted no more. Missing
 * children's notifications are kept beside their decisions for D16, which the
 * wall clock raises (notifier/watch.h).
 */
#ifndef WAYMARK_NOTIFIER_CORE_NOTIFIER_H
#define WAYMARK_NOTIFIER_CORE_NOTIFIER_H

#include "common/core/service.h"

extern const struct service_def notifier_service;

#endif
