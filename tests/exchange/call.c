/*
 * call - makes one call of WeChat's API as the exchange does, for the tests.
 *
 *     exchange-call BASE CA_FILE refresh_token APPID REFRESH_TOKEN
 *     exchange-call BASE CA_FILE auth ACCESS_TOKEN OPENID
 *     exchange-call BASE CA_FILE access_token APPID SECRET CODE
 *
 * It prints the reason, then what the answer holds, one word a line. The exchange never takes a
 * secret as an argument: this program is for simulated ones.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "api.h"
#include "calls.h"
#include "deadline.h"
#include "problem.h"

static int make_path(char *path, char **words, int count)
{
	if (count == 3 && strcmp(words[0], "refresh_token") == 0)
		return calls_refresh_token(path, words[1], words[2]);
	if (count == 3 && strcmp(words[0], "auth") == 0)
		return calls_auth(path, words[1], words[2]);
	if (count == 4 && strcmp(words[0], "access_token") == 0)
		return calls_access_token(path, words[1], words[2], words[3]);
	return -1;
}

int main(int argc, char **argv)
{
	char path[CALLS_PATH_MAX];
	struct problem problem = {.text = ""};
	struct api_result result;
	struct answer answer;
	struct api *api = NULL;

	if (argc < 5 || make_path(path, argv + 3, argc - 3) < 0)
		return EXIT_FAILURE;
	if (api_create(&api, argv[1], NULL, argv[2], NULL, &problem) < 0 ||
		api_get(api, path, deadline_in(10000)) < 0) {
		fprintf(stderr, "%s\n", problem.text);
		return EXIT_FAILURE;
	}
	while (!api_step(api, &result))
		api_wait(api, NULL, 0, 1000);
	if (result.reason != REASON_NONE) {
		printf("%s\n", reason_word(result.reason));
	} else {
		if (strcmp(argv[3], "auth") == 0)
			answer_parse_auth(&answer, result.status, result.body, result.length);
		else
			answer_parse_token(&answer, result.status, result.body, result.length);
		printf("%s\n%lld\n%s\n%s\n%s\n", reason_word(answer.reason),
			(long long)answer.errcode, answer.openid, answer.access_token,
			answer.refresh_token);
	}
	api_free(&api);
	return EXIT_SUCCESS;
}
