#include "language.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

const char *const language_words[] = {"zh", "en", NULL};

int language_parse(const char *word, enum language *language)
{
	for (int i = 0; i < LANGUAGE_COUNT; i++) {
		if (strcmp(word, language_words[i]) == 0) {
			*language = (enum language)i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *language_tag(enum language language)
{
	return language == LANGUAGE_ZH ? "zh-CN" : "en";
}

/* Reads `;q=0.8` in thousandths; what is no such weight counts as none. */
static int read_weight(const char *at, size_t length)
{
	const char *end = at + length;
	const char *q = memchr(at, ';', length);
	int weight = 0;
	int scale = 1000;

	if (q == NULL)
		return 1000;
	for (q++; q < end && *q == ' ';)
		q++;
	if (end - q < 3 || (q[0] != 'q' && q[0] != 'Q') || q[1] != '=')
		return 0;
	for (q += 2; q < end && scale > 0; q++) {
		if (*q == '.')
			continue;
		if (*q < '0' || *q > '9')
			break;
		weight += (*q - '0') * scale;
		scale /= 10;
	}
	return weight;
}

enum language language_choose(const char *accept, enum language fallback)
{
	enum language best = fallback;
	int best_weight = 0;

	while (accept != NULL && *accept != '\0') {
		size_t length = strcspn(accept, ",");
		size_t skip = strspn(accept, " \t");
		const char *range = accept + skip;

		for (int i = 0; i < LANGUAGE_COUNT && length >= skip + 2; i++) {
			size_t left = length - skip;
			int weight;

			if (strncasecmp(range, language_words[i], 2) != 0 ||
				(left > 2 && strchr("-; ", range[2]) == NULL))
				continue;
			weight = read_weight(range, left);
			if (weight > best_weight) {
				best = (enum language)i;
				best_weight = weight;
			}
		}
		accept += length;
		if (*accept == ',')
			accept++;
	}
	return best;
}
