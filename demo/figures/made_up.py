"""What the four stories are told with: made-up children and what is sent of
them, in steps of the log clock. Nothing here knows of a figure."""
import datetime as dt
import hashlib

BANDS = {"0-4": 2, "5-10": 8, "11-15": 13, "16+": 17}
WHY = "Decided so in this made-up story for the demonstration."


def date(text):
    return dt.date.fromisoformat(text)


def nhs_number(n):
    """A valid number of the range for tests, a different one for each n."""
    while True:
        digits = f"999{n:06d}"
        check = 11 - sum(int(d) * (10 - i) for i, d in enumerate(digits)) % 11
        check = 0 if check == 11 else check
        if check < 10:
            return digits + str(check)
        n += 500000


def name_of(n):
    """Letters that are no name, and no typing error of another's."""
    h = hashlib.sha256(str(n).encode()).digest()
    return "Made" + "".join(chr(97 + b % 26) for b in h[:9])


def spread(total, parts):
    """parts numbers that add up to total and differ by one at most."""
    return [total // parts + (i < total % parts) for i in range(parts)]


class Child:
    def __init__(self, n, band, born_by, postcode, sex="U", ethnicity=None,
                 sen=None):
        self.n, self.band, self.postcode = n, band, postcode
        self.body = {"forename": f"Testchild {name_of(n + 7000000)[4:8].title()}",
                     "surname": name_of(n).title(), "nhs_number": nhs_number(n),
                     "sex": sex, "postcode": postcode}
        if band in BANDS:
            born = born_by - dt.timedelta(days=int(BANDS[band] * 365.25) + n % 300)
            self.body["dob"] = born.isoformat()
        if ethnicity:
            self.body["ethnicity"] = ethnicity
        if sen:
            self.body["sen"] = sen
        self.ref = self.agency = None


class Story:
    """Steps in order of time; each is (instant, path, body)."""

    def __init__(self, authority, postcodes):
        self.authority, self.postcodes = authority, postcodes
        self.steps, self.children, self.refs = {}, [], 0

    def child(self, band, by, place=None, **more):
        n = len(self.children) + 1
        postcode = self.postcodes[place if place is not None
                                  else n % len(self.postcodes)]
        c = Child(n, band, by, postcode, **more)
        self.children.append(c)
        return c

    def add(self, at, path, body):
        self.steps.setdefault(at, []).append((path, body))

    def next_ref(self, kind):
        self.refs += 1
        return f"{kind}-{self.refs}"

    def notify(self, at, child, agency, kind, needs=(), **more):
        """Told at `at`; what is done about the child names this message."""
        child.agency, child.ref = agency, self.next_ref("N")
        body = {"agency_id": agency, "agency_ref": child.ref, "kind": kind,
                "sent_at": at, "child": child.body, "harm": "none",
                "immediate_danger": False, "consent": "given",
                "needs": list(needs)}
        body.update(more)
        self.add(at, "/v1/notifications", body)

    def screen(self, at, child, outcome, **more):
        body = {"agency_id": "early-help", "agency_ref": self.next_ref("S"),
                "notification": {"agency_id": child.agency,
                                 "agency_ref": child.ref},
                "outcome": outcome, "rationale": WHY, "by": "screener-1",
                "second_by": "leader-1"}
        body.update(more)
        self.add(at, "/v1/screenings", body)

    def act(self, at, child, activity, occurred=None, side="eh", **more):
        body = {"agency_id": "social-care" if side == "csc" else "early-help",
                "agency_ref": self.next_ref("A"),
                "subject": {"notification": {"agency_id": child.agency,
                                             "agency_ref": child.ref}},
                "activity": activity, "occurred_at": occurred or at,
                "by": "worker-1"}
        if side:
            body["side"] = side
        body.update(more)
        self.add(at, "/v1/activities", body)

    def close(self, at, child, outcome, occurred=None, side="eh"):
        self.act(at, child, "closed", occurred, side, outcome=outcome,
                 authorised_by="leader-1")

    def observe(self, at, indicator, days, value, area="authority", **more):
        """A figure that somebody else counted."""
        body = {"agency_id": "social-care", "agency_ref": self.next_ref("O"),
                "indicator": indicator, "period_from": days[0],
                "period_to": days[1], "area": area, "definition": "as printed",
                "status": "final", "value": value}
        body.update(more)
        self.add(at, "/v1/indicators", body)

    def hand_over(self, at, then, child, down, to_unit):
        """Offered at `at`, accepted at `then`."""
        giver, taker = ("csc", "eh") if down else ("eh", "csc")
        self.act(at, child, "handover_offered", side=giver, unit=giver,
                 to_unit=to_unit,
                 reason="The plan goes on with the other side from here.")
        self.act(then, child, "handover_accepted", side=None, unit=to_unit,
                 agency_id="social-care" if taker == "csc" else "early-help")


def at(day, clock):
    return f"{day}T{clock}:00Z"
