"""What a notification comes to: domain.md section 5, from the profile's rules.

The rules are the profile's own (JsonLogic); evaluated in three values here,
since an unknown input makes a condition undecided, never false.
"""

MISSING = ("police_missing_reported", "police_missing_risk_changed",
           "police_missing_found")
RANK = {"nfa": 0, "universal": 1, "single_agency": 2, "caf_taf": 3,
        "eh_intensive": 4, "social_care_referral": 5, "strategy_discussion": 6}
UNKNOWN = object()


def logic(rule, facts):
    """True, False or UNKNOWN; a value below an operator."""
    if not isinstance(rule, dict):
        return rule
    (op, args), = rule.items()
    if op == "var":
        value = facts.get(args)
        return UNKNOWN if value is None else value
    args = [logic(a, facts) for a in (args if isinstance(args, list) else [args])]
    if op == "and":
        return all_of(args)
    if op == "or":
        return inverse(all_of([inverse(a) for a in args]))
    if op == "!":
        return inverse(args[0])
    if UNKNOWN in args:
        return UNKNOWN
    return {"==": lambda a, b: a == b, "!=": lambda a, b: a != b,
            "in": lambda a, b: a in b, ">=": lambda a, b: a >= b,
            ">": lambda a, b: a > b, "<": lambda a, b: a < b,
            "<=": lambda a, b: a <= b}[op](*args)


def all_of(args):
    if any(a is False for a in args):
        return False
    return UNKNOWN if UNKNOWN in args else True


def inverse(a):
    return UNKNOWN if a is UNKNOWN else not a


class Rules:
    def __init__(self, profile):
        self.rules = profile["decision_rules"]["rules"]
        self.auto = set(profile["auto_final"]["value"])

    def decide(self, facts, screened):
        """(outcome, final, actions): the first hit decides."""
        undecided = False
        for r in self.rules:
            hit = logic(r["when"], facts)
            if hit is UNKNOWN:
                undecided = True
            elif hit:
                final = screened or (r["id"] in self.auto and not undecided)
                return r["outcome"], final, r.get("actions", [])
        return "universal", screened, []


def needs_of(body):
    """Missing kinds add c_missing, Encompass f_domestic_abuse."""
    needs = set(body.get("needs", ()))
    if body["kind"].startswith("police_missing"):
        needs.add("c_missing")
    if body["kind"] == "police_encompass":
        needs.add("f_domestic_abuse")
    return needs
