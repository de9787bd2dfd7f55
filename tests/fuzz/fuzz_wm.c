/* The header by which records are numbered; then bytes as key and value of a
 * record that claims to be the next. */
#include <string.h>

#include "common/core/chain.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    size_t head = n < CHAIN_HEADER_SIZE ? n : CHAIN_HEADER_SIZE;
    struct str header = fuzz_str(data, head);
    struct str rest = fuzz_str(data + head, n - head);
    struct link link;
    struct mark mark;
    uint8_t again[CHAIN_HEADER_SIZE];

    always(!chain_read(fuzz_str(data, n), &link) || n == CHAIN_HEADER_SIZE);
    if (!chain_read(header, &link))
        return 0;
    always(link.sequence >= 1 && link.origin.service < SERVICE_N);
    chain_header(&link, again);
    always(memcmp(again, data, sizeof again) == 0);
    /* It is the next one only behind its predecessor, and with its chain. */
    mark = (struct mark){ .topic = TOPIC_CASEWORK,
                          .origin = link.origin,
                          .sequence = link.sequence - 1,
                          .chain = 1 };
    if (link.chain != chain_next(mark.chain, STR_NULL, rest))
        always(chain_admit(&mark, &link, STR_NULL, rest) == ADMIT_FORK);
    link.chain = chain_next(mark.chain, STR_NULL, rest);
    always(chain_admit(&mark, &link, STR_NULL, rest) == ADMIT_NEXT);
    return 0;
}
