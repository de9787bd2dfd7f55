/*
 * A condition of a profile (JsonLogic). A first line may say what is known, a
 * digit for each input: 0 unknown, others some value it can have.
 */
#include <string.h>

#include "common/adapters/rule_json.h"
#include "tests/fuzz/fuzz.h"

static struct value
value_of(const struct rule_input *input, unsigned digit)
{
    if (digit == 0)
        return VALUE_NONE;
    switch (input->kind) {
    case VALUE_BOOL:
        return VALUE_OF_BOOL(digit % 2 == 1);
    case VALUE_INT:
        return VALUE_OF_INT(input->min + (int64_t)digit);
    default:
        break;
    }
    if (input->words == NULL)
        return VALUE_OF_TEXT(STR("word"));
    return VALUE_OF_TEXT(
        str_of(codes_word(input->words, 1 + (int)digit % input->words->n)));
}

static struct facts
facts_of(struct arena *a, struct str digits)
{
    struct fact *at = arena_array(a, profile_n_inputs, sizeof *at);
    size_t n = digits.n < profile_n_inputs ? digits.n : profile_n_inputs;

    for (size_t i = 0; i < n; i++)
        at[i] = (struct fact){ .name = str_of(profile_inputs[i].name),
                               .value = value_of(
                                   &profile_inputs[i],
                                   (unsigned)(digits.p[i] - '0') % 10) };
    return (struct facts){ .at = at, .n = n };
}

/* What is decided with some inputs unknown stays so when they are known. */
static void
stays_decided(struct arena *a, const struct rule_node *when, struct facts some)
{
    enum tri before = rule_eval(when, &some);
    struct fact *at = arena_array(a, some.n, sizeof *at);

    for (size_t i = 0; i < some.n; i++) {
        at[i] = some.at[i];
        if (at[i].value.kind == VALUE_UNKNOWN)
            at[i].value = value_of(&profile_inputs[i], 1);
    }
    if (before != TRI_UNKNOWN)
        always(rule_eval(when, &(struct facts){ .at = at, .n = some.n }) ==
               before);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena *a = fuzz_arena();
    struct str text = fuzz_str(data, n), digits = STR("");
    struct rule_node when;
    struct err err = { .code = "" };

    if (n > 0 && data[0] >= '0' && data[0] <= '9' &&
        memchr(data, '\n', n) != NULL)
        digits = fuzz_line(&text);
    if (rule_json_read(a, text, &when, &err) != ST_OK) {
        always(err.code[0] != '\0' && err.text[0] != '\0');
        return 0;
    }
    if (rule_check(&when, profile_inputs, profile_n_inputs, &err) == ST_OK) {
        always(rule_words(a, &when).n > 0);
        stays_decided(a, &when, facts_of(a, digits));
    }
    return 0;
}
