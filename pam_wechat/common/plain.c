#include "plain.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "display.h"
#include "problem.h"
#include "text.h"

/* An encoding is changed in place: the file's mode stays, and no copy of a secret lies about. */
#define ICONV(from)                                                                  \
	"the file is in UTF-16, and UTF-8 is needed" PLAIN_MEND "t=$(iconv -f " from \
	" -t UTF-8 FILE | tr -d '\\r') && printf '%s\\n' "                           \
	"\"$t\" >FILE"

static const struct full_width {
	uint32_t character;
	const char *meant;
} full_widths[] = {
	{0x3001, ","}, /* ideographic comma */
	{0xff03, "#"},
	{0xff0c, ","},
	{0xff1a, ":"},
	{0xff1b, ","},
	{0xff1d, "="},
};

const char *plain_encoding_fault(const char *bytes, size_t length)
{
	if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
		return "the file begins with a byte order mark" PLAIN_MEND
		       "LC_ALL=C sed -i '1s/^\\xef\\xbb\\xbf//; s/\\r//g' FILE";
	if (length < 2)
		return NULL;
	if (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0)
		return ICONV("UTF-16");
	if (length < 4)
		return NULL;
	/* Without a mark: every other byte of ASCII is 0. */
	if (bytes[0] != '\0' && bytes[1] == '\0' && bytes[2] != '\0' && bytes[3] == '\0')
		return ICONV("UTF-16LE");
	if (bytes[0] == '\0' && bytes[1] != '\0' && bytes[2] == '\0' && bytes[3] != '\0')
		return ICONV("UTF-16BE");
	return NULL;
}

static bool is_blank(uint32_t c)
{
	return c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x202f ||
	       c == 0x205f || c == 0x3000;
}

/* What stands in the line instead: "" for nothing, NULL if the character is good. */
static const char *replacement(uint32_t character)
{
	if (character < 0x80)
		return NULL;
	for (size_t i = 0; i < sizeof(full_widths) / sizeof(full_widths[0]); i++) {
		if (full_widths[i].character == character)
			return full_widths[i].meant;
	}
	if (is_blank(character))
		return " ";
	return display_is_seen(character) ? NULL : "";
}

static int set_problem(struct problem *problem, uint32_t character, const char *bytes,
	size_t length, const char *meant)
{
	char what[96], escaped[32];

	if (meant[0] == '\0' || meant[0] == ' ')
		(void)text_format(what, sizeof(what),
			"the line holds an invisible character: U+%04X", character);
	else
		(void)text_format(what, sizeof(what),
			"the line holds U+%04X in the place of \"%s\"", character, meant);
	display_escape(escaped, sizeof(escaped), bytes, length);
	/* Comments keep theirs. */
	return problem_set(problem, -EINVAL,
		"%s" PLAIN_MEND "LC_ALL=C sed -i ':a; s/^\\([^#]*\\)%s/\\1%s/; ta' FILE", what,
		escaped, meant);
}

int plain_judge_line(const char *line, struct problem *problem)
{
	size_t length = strcspn(line, "#");

	for (size_t at = 0; at < length;) {
		uint32_t character = 0;
		size_t step = display_read(line + at, length - at, &character);
		const char *meant = step == 0 ? NULL : replacement(character);

		if (meant != NULL)
			return set_problem(problem, character, line + at, step, meant);
		at += step == 0 ? 1 : step;
	}
	return 0;
}
