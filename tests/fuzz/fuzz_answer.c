/* Whoever is named has a well-shaped openid, and nobody is named by a refusal. */
#include "fuzz.h"

#include "answer.h"
#include "token.h"

#define LETTERS "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-"
/* U+0021 to U+007E */
#define VSCHAR LETTERS "!\"#$%&'()*+,./:;<=>?@[\\]^`{|}~"
#define OPENID "oLVPpjqs9BhvzwPj5A-vTYAX3GLc"

static void check(const struct answer *answer)
{
	EXPECT(answer->advice != NULL);
	EXPECT(answer->reason >= REASON_NONE && answer->reason < REASON_COUNT);
	EXPECT(strspn(answer->rid, "0123456789abcdef-") == strlen(answer->rid));
	if (answer->reason != REASON_NONE) {
		EXPECT(answer->openid[0] == '\0' && answer->access_token[0] == '\0');
		EXPECT(answer->advice[0] != '\0');
		return;
	}
	EXPECT(answer->errcode == 0);
	EXPECT(token_is_openid(answer->openid));
	EXPECT(strspn(answer->openid, LETTERS) == strlen(answer->openid));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *body = (const char *)data;
	struct answer answer;

	answer_parse_token(&answer, 200, body, size);
	check(&answer);
	EXPECT(strspn(answer.access_token, VSCHAR) == strlen(answer.access_token));
	answer_parse_userinfo(&answer, OPENID, 200, body, size);
	check(&answer);
	EXPECT(answer.reason != REASON_NONE || strcmp(answer.openid, OPENID) == 0);
	answer_parse_token(&answer, 502, body, size);
	EXPECT(answer.reason != REASON_NONE);
	return 0;
}
