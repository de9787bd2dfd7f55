# mutations.awk FILE...: every small fault that could be put into C code that
# is formatted as ours is, a line each: file, line, column, length,
# replacement, words; with tabs between. Only inside functions: `{` and `}` in
# the first column begin and end one. Assertions are left alone.

function out(col, len, to, words)
{
    printf "%s\t%d\t%d\t%d\t%s\t%s\n", FILENAME, FNR, col, len, to, words
}

# The line with comments and literals blanked, so that columns stay.
function blanked(s,    r, i, c, two, quote)
{
    r = ""
    quote = ""
    for (i = 1; i <= length(s); i++) {
        c = substr(s, i, 1)
        two = substr(s, i, 2)
        if (comment) {
            if (two == "*/") {
                comment = 0
                r = r " "
                i++
            }
            r = r " "
        } else if (quote != "") {
            if (c == "\\") {
                r = r "_"
                i++
            } else if (c == quote)
                quote = ""
            r = r "_"
        } else if (two == "/*") {
            comment = 1
            r = r "  "
            i++
        } else if (c == "\"" || c == "'") {
            quote = c
            r = r "_"
        } else
            r = r c
    }
    return r
}

# Every place where `from` stands, replaced by `to`.
function swap(s, from, to, words,    at, rest, skip)
{
    rest = s
    skip = 0
    while ((at = index(rest, from)) > 0) {
        out(skip + at, length(from), to, words)
        skip += at + length(from) - 1
        rest = substr(s, skip + 1)
    }
}

# The same for a word or number that stands alone.
function swap_word(s, from, to, words,    at, rest, skip, before, after)
{
    rest = s
    skip = 0
    while ((at = index(rest, from)) > 0) {
        before = skip + at > 1 ? substr(s, skip + at - 1, 1) : " "
        after = substr(s, skip + at + length(from), 1)
        if (before !~ /[A-Za-z0-9_.]/ && after !~ /[A-Za-z0-9_.]/)
            out(skip + at, length(from), to, words)
        skip += at + length(from) - 1
        rest = substr(s, skip + 1)
    }
}

function operators(s)
{
    swap(s, " < ", " <= ", "< is <=")
    swap(s, " > ", " >= ", "> is >=")
    swap(s, " <= ", " < ", "<= is <")
    swap(s, " >= ", " > ", ">= is >")
    swap(s, " == ", " != ", "== is !=")
    swap(s, " != ", " == ", "!= is ==")
    swap(s, " + ", " - ", "+ is -")
    swap(s, " - ", " + ", "- is +")
    swap(s, " += ", " -= ", "+= is -=")
    swap(s, " -= ", " += ", "-= is +=")
    swap(s, " && ", " || ", "&& is ||")
    swap(s, " || ", " && ", "|| is &&")
    swap_word(s, "0", "1", "0 is 1")
    swap_word(s, "1", "0", "1 is 0")
    swap_word(s, "true", "false", "true is false")
    swap_word(s, "false", "true", "false is true")
}

# What a function of this type may return early; "" if nothing simple.
function early(type)
{
    sub(/^static /, "", type)
    if (type == "void")
        return "return;"
    if (type == "enum status")
        return "return ST_OK;"
    if (type == "bool")
        return "return false;"
    if (type ~ /\*$/)
        return "return NULL;"
    return ""
}

function statements(s,    indent, bare)
{
    bare = s
    sub(/^ +/, "", bare)
    sub(/ +$/, "", bare)
    indent = index(s, bare)
    # A statement of its own on one line, not the rest of a longer one.
    if (bare !~ /;$/ || before !~ /([;{}:]|^else|\)|^do)$/)
        return
    if (before ~ /\)$/ && before !~ /^(if|for|while|\} else if|else if) /)
        return
    if (bare ~ /^(return|break|continue|goto|case|default|static|const|struct|enum|bool|char|int|long|unsigned|double|size_t|u?int[0-9]+_t|time_ms|date_d|uint8_t|va_list|\(void\)[a-z_]+;|[{}])/)
        return
    if (bare ~ /^[a-z_]+ [*a-z_]+( = .*|, .*)?;$/)
        return
    out(indent, length(bare), ";", "statement is gone")
    if (before !~ /\)$/ && before !~ /^else$/ && early(type) != "")
        out(indent, 0, early(type) " ", "early " early(type))
}

FNR == 1 { comment = 0; inside = 0; type = ""; before = "" }
/^#/ { next }
{
    line = blanked($0)
    if (line ~ /^\{/)
        inside = 1
    else if (line ~ /^\}/)
        inside = 0
    else if (!inside && line ~ /^[a-z]/ && line !~ /[(;={]/)
        type = line
    if (line ~ /^ *assert\(/)
        asserting = 1
    if (inside && !asserting && line !~ /^\{/) {
        operators(line)
        statements(line)
    }
    if (line ~ /;/)
        asserting = 0
    sub(/^ +/, "", line)
    sub(/ +$/, "", line)
    if (line != "")
        before = line
}
