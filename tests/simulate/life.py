"""Cases, hand-overs, clocks and drift: domain.md sections 6 and 8.

A case is named by the reference of the notification that opened it; a case
that a hand-over opens has the name of the one before it and ">".
"""
from due import DAY, end_of, local_day, add_months
from ladder import Finding, Run

OPEN = ("screening", "intent", "unallocated", "allocated", "assessment",
        "plan", "review", "handover_pending")
WORKED = ("allocated", "assessment", "plan", "review")
OFFERABLE = ("unallocated",) + WORKED
EH_CLOCKS_3_4 = ("T12", "T12b")
# What counts against D02: visits, contacts, sessions, reviews, assessments,
# plans and interviews; notes and what is only office work don't.
MOVES = {"visit", "child_seen", "contact_family", "contact_agency",
         "session_attended", "review_held", "cp_review_held",
         "cin_review_held", "lac_review_held", "assessment_started",
         "assessment_completed", "plan_agreed", "cin_plan_started", "rhi_held"}
ANY_OPEN = {"visit", "child_seen", "contact_family", "contact_agency", "note",
            "consent_changed", "need_added", "need_met", "level_changed",
            "tracker_reviewed", "panel_considered", "session_attended",
            "safety_plan", "service_changed", "programme_changed",
            "audit_recorded", "clock_paused", "clock_resumed", "consulted",
            "consultation_answered", "encompass_relayed"}
CSC_OPEN = {"strategy_started", "icpc_held", "core_group_held",
            "cp_review_held", "cin_plan_started", "cin_review_held",
            "lac_started", "lac_review_held", "csc_status_changed"}
NEXT_REVIEW = {"T8a": "T8b", "T8b": "T8c", "T8c": "T8c"}


class Case:
    def __init__(self, name, child, side, state, opened, entry=None):
        self.name, self.child, self.side = name, child, side
        self.state, self.opened, self.closed = state, opened, None
        self.subject = ("case", name)
        self.return_to, self.outcome, self.consent = None, None, None
        self.worker, self.needs, self.entry = None, set(), entry
        self.clocks, self.drift = {}, {}
        self.moved = opened
        self.offer, self.opener, self.before_close = None, None, None

    @property
    def open(self):
        return self.state in OPEN

    @property
    def stands(self):
        """Where it stands below an offer: row 17."""
        return self.return_to if self.state == "handover_pending" else self.state

    def stand(self, state):
        if self.state == "handover_pending":
            self.return_to = state
        else:
            self.state = state


class Life:
    """Every case of the authority, and what is done to it."""

    def __init__(self, ladder, profile):
        self.ladder, self.clocks = ladder, ladder.clocks
        drift = {k: v["value"] for k, v in profile["drift"].items()}
        self.d02_days = drift["D02_no_activity_days"]
        self.d06_weeks = drift["D06_open_weeks"]
        self.d07_days = drift["D07_short_open_days"]
        self.d12_months = drift["D12_re_referral_months"]
        self.d13_over = drift["D13_caseload_over"]
        self.d18_days = drift["D18_pause_days"]
        self.cases, self.of_child, self.d13 = {}, {}, {}
        self.referrals = {}
        self.csc_status = {}
        self.refused = []

    # -- looking up --------------------------------------------------------

    def open_case(self, child, side, screening=False):
        for c in reversed(self.of_child.get(child, [])):
            if c.side == side and c.open and (screening or
                                              c.state != "screening"):
                return c
        return None

    def screening_case(self, child, side):
        for c in reversed(self.of_child.get(child, [])):
            if c.state == "screening" and c.side == side:
                return c
        return None

    def last_case(self, child, side):
        cases = [c for c in self.of_child.get(child, []) if c.side == side]
        return cases[-1] if cases else None

    def status_of(self, child):
        """none, or open, cin, cp, lac while social care has a case."""
        if self.open_case(child, "csc") is None:
            return "none"
        return self.csc_status.get(child, "open")

    # -- clocks ------------------------------------------------------------

    def start(self, case, clock, start, name=None, rag=None):
        self.stop(case, name or clock, None)
        case.clocks[name or clock] = Run(self.ladder, case.subject, clock,
                                         start, rag)

    def stop(self, case, name, now):
        run = case.clocks.pop(name, None)
        if run is not None:
            run.stop(now)

    def stop_all(self, case, now):
        for name in list(case.clocks):
            self.stop(case, name, now)
        for name in list(case.drift):
            self.ladder.end(case.drift.pop(name), now)

    def drift(self, case, name, finding):
        case.drift[name] = self.ladder.arm(finding)

    # -- a case begins and ends --------------------------------------------

    def new_case(self, name, child, side, state, opened, entry=None):
        case = Case(name, child, side, state, opened, entry)
        self.cases[name] = case
        self.of_child.setdefault(child, []).append(case)
        self.start(case, "T17", opened)
        self.watch_moves(case)
        self.watch_length(case)
        return case

    def watch_moves(self, case):
        """D02: W after 28 days without a move, U 7 days later.

        The row says who is told first and second; the ladder goes on from
        there: its 2 working days would come before the leader's week.
        """
        due = end_of(local_day(case.moved) + self.d02_days * DAY)
        later = max(end_of(local_day(due) + 7 * DAY), self.ladder.now - 1)
        self.drift(case, "D02", Finding(case.subject, "D02", due, [
            (due + 1, "worker"), (later + 1, "leader")]
            + self.ladder.upper(later)))

    def watch_length(self, case):
        """D06: open 20 weeks, D at 26."""
        day = local_day(case.opened)
        due = end_of(day + 7 * self.d06_weeks["alert"] * DAY)
        late = end_of(day + 7 * self.d06_weeks["escalate"] * DAY)
        self.drift(case, "D06", Finding(case.subject, "D06", due, [
            (due + 1, "leader"), (late + 1, "district")]))

    def move(self, case, when, now):
        """Something happened for the child: D02 anew from the latest."""
        if when <= case.moved:
            return
        case.moved = when
        self.ladder.end(case.drift.get("D02"), now)
        self.watch_moves(case)

    def end_case(self, case, state, when, now):
        case.before_close = case.state
        case.worked = case.state in OFFERABLE + ("handover_pending",)
        case.kept = {n: (r.clock, r.start, r.pauses)
                     for n, r in case.clocks.items()}
        self.stop_all(case, now)
        case.state, case.closed = state, when
        case.offer = None
        self.caseload(case.worker, now)

    # -- decisions ---------------------------------------------------------

    def open_screening(self, note, child, side, now):
        case = self.new_case(note.ref, child, side, "screening", now, note.entry)
        case.opener = note
        return case

    def wait_for_decision(self, case, note, now):
        """Row 1: T1, and L5 or, by way of the MASH, L1."""
        note.case = case
        for clock in self.door_clocks(note):
            self.start(case, clock, note.received, clock + ":" + note.ref,
                       note.rag)

    @staticmethod
    def door_clocks(note):
        if note.entry != "mash":
            return ("T1", "L5")
        return ("T1",) if note.rag == "blue" else ("T1", "L1")

    def wait_beside(self, note, now):
        """A contact waits for its decision, though a case is open (section 7).

        No screening stands for it, so the clocks are the notification's own;
        an episode, the set of its messages, waits once.
        """
        holder = note.episode if note.episode is not None else note
        subject = (("child", note.child) if note.episode is not None
                   else ("notification", note.ref))
        for clock in self.door_clocks(note):
            if clock not in holder.waits:
                holder.waits[clock] = Run(self.ladder, subject, clock,
                                          holder.received, note.rag)

    def decided(self, note, now):
        """A message of an episode decides about those before it, too."""
        notes = note.episode.notes if note.episode is not None else [note]
        for n in notes:
            if n.case is not None:
                for clock in ("T1:", "L5:", "L1:"):
                    self.stop(n.case, clock + n.ref, now)
        holder = note.episode if note.episode is not None else note
        for run in holder.waits.values():
            run.stop(now)
        holder.waits = {}

    def provisional(self, note, child, outcome, now):
        """Row 1, which begins where no case is; else it waits beside that."""
        if note.case is not None:
            return
        side = "csc" if outcome in ("social_care_referral",
                                    "strategy_discussion") else "eh"
        case = self.open_case(child, side, True)
        if side == "eh" and self.open_case(child, "csc", True) is not None:
            case = self.open_case(child, "csc", True)
        if case is None:
            case = self.open_screening(note, child, side, now)
            self.wait_for_decision(case, note, now)
        elif case.opener is None or note.episode is None or (
                case.opener.episode is not note.episode):
            self.wait_beside(note, now)
        case.needs |= note.needs
        case.consent = case.consent or note.consent

    def own_screening(self, note, child, side, now):
        """The screening case that this decision ends, if there is one."""
        if note.case is not None and note.case.state == "screening":
            return note.case
        return self.screening_case(child, side)

    def final(self, note, child, outcome, rank, actions, now):
        """Rows 2 to 6, 14 and 19; what takes effect."""
        eh, csc = self.open_case(child, "eh"), self.open_case(child, "csc")
        note.again = self.is_re_referral(note, child)
        self.decided(note, now)
        if outcome == "existing_case":
            return self.join(note, child, csc or eh, "csc", now)
        if rank <= 1:
            return self.no_case(note, child, outcome, now)
        if rank <= 4:
            if eh is None:
                return self.begin_eh(note, child, outcome, rank, actions, now)
            if rank > eh.rank and eh.state in OFFERABLE:
                self.raise_eh(note, eh, outcome, rank, now)
            return self.join(note, child, eh, "eh", now)
        if csc is not None:
            return self.join(note, child, csc, "csc", now)
        if rank == 5 and eh is not None:
            self.join(note, child, eh, "eh", now)
            if eh.state in OFFERABLE:
                self.offer(eh, now, now)
            return None
        return self.begin_csc(note, child, outcome, rank, now)

    def join(self, note, child, case, side, now):
        """Row 6: facts go to the open case; its own screening is merged."""
        own = note.case if note.case is not None else None
        if own is not None and own.state == "screening" and own is not case:
            self.end_case(own, "merged", now, now)
        if case is None:
            case = self.open_screening(note, child, side, now)
            self.wait_for_decision(case, note, now)
            return
        case.needs |= note.needs
        note.case = case

    def no_case(self, note, child, outcome, now):
        own = note.case
        if note.entry == "csc" and outcome == "nfa":
            self.referrals.setdefault(child, []).append(note)
        if own is not None and own.state == "screening":
            self.end_case(own, "closed", now, now)

    def take(self, note, child, side, now):
        """The case that rows 3 to 5 go on with: screening's, else a new one."""
        case = self.own_screening(note, child, side, now)
        if case is None:
            case = self.open_screening(note, child, side, now)
        case.side = side
        case.needs |= note.needs
        case.consent = note.consent or case.consent
        note.case = case
        self.referrals.setdefault(child, []).append(note)
        if note.again:
            self.returned(case, note.received, True, now)
        return case

    def begin_eh(self, note, child, outcome, rank, actions, now):
        case = self.take(note, child, "eh", now)
        case.outcome, case.rank = outcome, rank
        if "open_intent" in actions:
            case.state = "intent"
            self.start(case, "L4", now)
            return
        since = self.waits_since(note, case, now)
        case.state = "unallocated"
        self.start(case, "L2", since)
        self.start(case, "T13", since)
        self.assess_by(case, since)

    @staticmethod
    def waits_since(note, case, now):
        """The decision; of an episode's own case the first about it."""
        own = note.episode is not None and case.opener in note.episode.notes
        return case.opened if own else now

    def assess_by(self, case, when):
        if case.rank >= 3:
            for clock in EH_CLOCKS_3_4:
                self.start(case, clock, when)

    def raise_eh(self, note, case, outcome, rank, now):
        """Row 19: a higher outcome on the open case."""
        self.referrals.setdefault(case.child, []).append(note)
        before, case.outcome, case.rank = case.rank, outcome, rank
        if before == 2:
            self.assess_by(case, now)
            if case.worker is not None:
                case.state = "allocated"

    def begin_csc(self, note, child, outcome, rank, now):
        case = self.take(note, child, "csc", now)
        case.outcome, case.rank, case.state = outcome, rank, "unallocated"
        self.start(case, "L2", self.waits_since(note, case, now))
        self.start(case, "T2", case.opener.received)

    # -- D07, D12, D13 -----------------------------------------------------

    def is_re_referral(self, note, child):
        """An earlier referral on or after the same day 12 months before.

        A referral is a final decision that begins help, or more help, or an nfa
        at social care's door. None is recorded while a case is open.
        """
        if self.open_case(child, "eh") or self.open_case(child, "csc"):
            return False
        since = add_months(local_day(note.received), -self.d12_months)
        return any(n is not note and n.received <= note.received
                   and local_day(n.received) >= since
                   and (n.episode is None or n.episode is not note.episode)
                   for n in self.referrals.get(child, []))

    def returned(self, case, at, re_referral, now):
        """D12, and D07 where the case before was closed within 42 days.

        Told when a unit takes the child on; the referral's receipt is the key.
        D07 hangs on the case that brought the child back.
        """
        rungs = [(now, "leader")] + self.ladder.upper(now)
        if re_referral:
            self.drift(case, "D12", Finding(case.subject, "D12", at, rungs))
        if any(self.was_short(old, at) for old in self.of_child[case.child]
               if old is not case):
            self.drift(case, "D07:%d" % at, Finding(case.subject, "D07", at, [
                (now, "leader+district")] + self.ladder.upper(now, True)))

    def was_short(self, old, at):
        if old.state != "closed" or not old.worked or old.closed >= at:
            return False
        closed = local_day(old.closed)
        return ((closed - local_day(old.opened)).days < self.d07_days
                and local_day(at) <= add_months(closed, self.d12_months))

    def caseload(self, worker, now, allocated=False):
        """D13, key worker and month: over the norm when a case is added."""
        if worker is None:
            return
        n = sum(1 for cs in self.of_child.values() for c in cs
                if c.worker == worker and c.open)
        month = local_day(now).replace(day=1)
        if n > self.d13_over:
            key = (worker, month)
            known = self.d13.get(key)
            if allocated and (known is None or not known.alive):
                self.d13[key] = self.ladder.arm(Finding(
                    ("worker", worker), "D13", str(month), [
                        (now, "leader")] + self.ladder.upper(now)))
            return
        for (w, _), finding in self.d13.items():
            if w == worker:
                self.ladder.end(finding, now)

    # -- hand-over ---------------------------------------------------------

    def offer(self, case, when, now):
        down = case.side == "csc"
        case.return_to, case.state = case.state, "handover_pending"
        case.offer = {"down": down}
        self.start(case, "L3", when)
        if down:
            self.start(case, "T18", when)
        else:
            self.start(case, "T1", when, "T1:offer")
        due = case.clocks["L3"].due
        again = self.clocks.due("L3", due)
        case.offer["expires"] = again

    def offer_ends(self, case, when, now):
        """Row 16: it goes back, and both leaders are told so at once."""
        self.ladder.end(self.ladder.tell_now(Finding(
            case.subject, "D08", when, [(now, "both_leaders")])), now)
        for name in ("L3", "T18", "T1:offer"):
            self.stop(case, name, now)
        case.state, case.return_to, case.offer = case.return_to, None, None

    def next_expiry(self, now):
        """The first instant up to now at which L3 has passed twice, or None."""
        ends = [c.offer["expires"] + 1 for c in self.cases.values()
                if c.offer is not None and c.offer["expires"] < now]
        return min(ends, default=None)

    def expire(self, at):
        """Row 16: an offer ends by itself; who hears of it by then has heard."""
        for case in self.cases.values():
            if case.offer is not None and case.offer["expires"] + 1 == at:
                self.offer_ends(case, at, at)

    def accept(self, case, when, body, now):
        side = "eh" if case.side == "csc" else "csc"
        worker = body.get("worker")
        there = self.open_case(case.child, side, True)
        self.end_case(case, "closed", when, now)
        case.handed_over = True
        if there is not None:  # one child, one side: one case (section 1)
            if side == "csc":
                self.returned(there, when, False, now)
            return
        new = self.new_case(case.name + ">", case.child, side,
                            "allocated" if worker else "unallocated", when)
        new.needs, new.consent = set(case.needs), case.consent
        new.outcome, new.rank = (("eh_intensive", 4) if side == "eh" else
                                 ("social_care_referral", 5))
        new.worker = worker
        if worker is None:
            self.start(new, "L2", when)
        if side == "csc":
            self.start(new, "T2", when)
        else:
            self.start(new, "T13", when)
            self.assess_by(new, when)
        if side == "csc":
            self.returned(new, when, False, now)
        self.caseload(worker, now, True)

    # -- activities --------------------------------------------------------

    def activity(self, case, kind, when, body, now):
        """False where it doesn't fit the state: R20, nothing changes."""
        do = getattr(self, "on_" + kind, None)
        if case is None:
            return False
        if do is not None:
            if not do(case, when, body, now):
                return False
        elif kind in CSC_OPEN:
            if not (case.open and case.side == "csc"):
                return False
        elif kind not in ANY_OPEN or not case.open:
            return False
        if kind in MOVES and case.open:
            self.move(case, when, now)
        return True

    def on_allocated(self, case, when, body, now):
        if case.stands != "unallocated" or not body.get("worker"):
            return False
        case.stand("allocated")
        case.worker = body["worker"]
        self.stop(case, "L2", now)
        self.caseload(case.worker, now, True)
        return True

    def on_reallocated(self, case, when, body, now):
        if case.stands not in WORKED or not body.get("worker"):
            return False
        before, case.worker = case.worker, body["worker"]
        self.caseload(before, now)
        self.caseload(case.worker, now, True)
        return True

    def on_assessment_started(self, case, when, body, now):
        if (case.stands not in ("allocated", "review")
                or (case.side == "eh" and case.consent != "given")):
            return False
        case.stand("assessment")
        self.stop(case, "T15", now)
        return True

    def on_assessment_completed(self, case, when, body, now):
        if case.stands != "assessment" or not body.get("authorised_by"):
            return False
        case.stand("plan")
        self.stop(case, "T12", now)
        self.stop(case, "T2", now)
        return True

    def on_plan_agreed(self, case, when, body, now):
        if case.stands != "plan" and not (
                case.stands == "allocated" and case.outcome == "single_agency"):
            return False
        case.stand("review")
        self.stop(case, "T12b", now)
        for clock in ("T14a" if case.side == "eh" else "T9a", "T15", "T16"):
            self.restart(case, clock, when, now)
        return True

    def restart(self, case, clock, when, now):
        self.stop(case, clock, now)
        self.start(case, clock, when)

    def on_review_held(self, case, when, body, now):
        if case.stands != "review":
            return False
        for clock in ("T14a", "T14b", "T9a", "T9b"):
            self.stop(case, clock, now)
        self.start(case, "T14b" if case.side == "eh" else "T9b", when)
        return True

    on_cin_review_held = on_review_held

    def on_caf_received(self, case, when, body, now):
        if case.state != "intent":
            return False
        case.state = "unallocated"
        self.stop(case, "L4", now)
        for clock in ("L2",) + EH_CLOCKS_3_4:
            self.start(case, clock, when)
        return True

    def on_intent_declined(self, case, when, body, now):
        if case.state != "intent":
            return False
        self.end_case(case, "closed", when, now)
        return True

    def on_tracker_reviewed(self, case, when, body, now):
        if not case.open:
            return False
        run = case.clocks.get("T17")
        if run is None or when > run.start:
            self.restart(case, "T17", when, now)
        return True

    def on_panel_considered(self, case, when, body, now):
        if not case.open:
            return False
        self.stop(case, "T18", now)
        return True

    def on_contact_family(self, case, when, body, now):
        if not case.open:
            return False
        self.stop(case, "T13", now)
        return True

    on_visit = on_contact_family

    def on_consent_changed(self, case, when, body, now):
        if not case.open:
            return False
        case.consent = body["consent"]
        return True

    def on_consulted(self, case, when, body, now):
        if not case.open:
            return False
        self.restart(case, "L6", when, now)
        return True

    def on_consultation_answered(self, case, when, body, now):
        if not case.open:
            return False
        self.stop(case, "L6", now)
        return True

    def on_handover_offered(self, case, when, body, now):
        if case.state not in OFFERABLE:
            return False
        if case.side == "csc" and self.status_of(case.child) in ("cp", "lac"):
            return False
        self.offer(case, when, now)
        return True

    def on_handover_accepted(self, case, when, body, now):
        if case.state != "handover_pending":
            return False
        self.accept(case, when, body, now)
        return True

    def on_handover_declined(self, case, when, body, now):
        if case.state != "handover_pending" or len(body.get("reason", "")) < 20:
            return False
        self.offer_ends(case, when, now)
        return True

    def on_handover_withdrawn(self, case, when, body, now):
        if case.state != "handover_pending":
            return False
        self.offer_ends(case, when, now)
        return True

    def on_closed(self, case, when, body, now):
        if (not case.open or case.state == "handover_pending"
                or not body.get("outcome") or not body.get("authorised_by")):
            return False
        self.end_case(case, "closed", when, now)
        return True

    def on_transferred(self, case, when, body, now):
        if not case.open:
            return False
        self.end_case(case, "transferred", when, now)
        return True

    def on_reopened(self, case, when, body, now):
        if (case.state != "closed" or getattr(case, "handed_over", False)
                or (local_day(when) - local_day(case.closed)).days > 14):
            return False
        case.state, case.closed = case.before_close, None
        for name, (clock, start, pauses) in case.kept.items():
            self.start(case, clock, start, name)
            case.clocks[name].pauses = pauses
            case.clocks[name].reckon()
        self.watch_moves(case)
        self.watch_length(case)
        self.caseload(case.worker, now, True)
        return True

    def on_clock_paused(self, case, when, body, now):
        run = case.clocks.get(body["clock"])
        if (not case.open or run is None or run.paused_at is not None
                or not self.clocks.pausable(body["clock"])):
            return False
        run.pause(when, now)
        due = end_of(local_day(when) + self.d18_days * DAY)
        self.drift(case, "D18:" + body["clock"], Finding(
            case.subject, "D18", due,
            [(due + 1, "leader")] + self.ladder.upper(due)))
        return True

    def on_clock_resumed(self, case, when, body, now):
        run = case.clocks.get(body["clock"])
        if not case.open or run is None or run.paused_at is None:
            return False
        run.resume(when, now)
        self.ladder.end(case.drift.pop("D18:" + body["clock"], None), now)
        return True

    # -- social care -------------------------------------------------------

    def on_csc_status_changed(self, case, when, body, now):
        if not case.open or case.side != "csc":
            return False
        self.csc_status[case.child] = body["csc_status"]
        return True

    def on_strategy_started(self, case, when, body, now):
        if not case.open or case.side != "csc":
            return False
        self.restart(case, "T3", when, now)
        return True

    def on_icpc_held(self, case, when, body, now):
        if not case.open or case.side != "csc":
            return False
        self.stop(case, "T3", now)
        if body.get("csc_status"):
            self.csc_status[case.child] = body["csc_status"]
        if self.status_of(case.child) == "cp":
            self.restart(case, "T4", when, now)
            self.restart(case, "T5", when, now)
        return True

    def on_core_group_held(self, case, when, body, now):
        if not case.open or case.side != "csc":
            return False
        self.stop(case, "T4", now)
        return True

    def on_cp_review_held(self, case, when, body, now):
        if not case.open or case.side != "csc":
            return False
        self.stop(case, "T5", now)
        self.restart(case, "T6", when, now)
        return True

    def on_lac_started(self, case, when, body, now):
        if not case.open or case.side != "csc":
            return False
        self.csc_status[case.child] = "lac"
        self.restart(case, "T8a", when, now)
        return True

    def on_lac_review_held(self, case, when, body, now):
        runs = [c for c in NEXT_REVIEW if c in case.clocks]
        if not case.open or case.side != "csc" or not runs:
            return False
        self.stop(case, runs[0], now)
        self.start(case, NEXT_REVIEW[runs[0]], when)
        return True

    def on_encompass_relayed(self, case, when, body, now):
        if not case.open:
            return False
        self.stop(case, "T11", now)
        return True
