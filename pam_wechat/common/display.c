#include "display.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "character.h"
#include "text.h"

#define UNUSUAL "(unusual name)" /* no name: those have neither brackets nor blanks */

size_t display_read(const char *bytes, size_t left, uint32_t *character)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *at = (const unsigned char *)bytes;
	size_t length;
	uint32_t value;

	if (at[0] < 0x80) {
		*character = at[0];
		return 1;
	}
	if (at[0] >= 0xc2 && at[0] <= 0xdf) {
		length = 2;
		value = at[0] & 0x1fu;
	} else if (at[0] >= 0xe0 && at[0] <= 0xef) {
		length = 3;
		value = at[0] & 0x0fu;
	} else if (at[0] >= 0xf0 && at[0] <= 0xf4) {
		length = 4;
		value = at[0] & 0x07u;
	} else {
		return 0;
	}
	if (left < length)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((at[i] & 0xc0u) != 0x80)
			return 0;
		value = value << 6 | (at[i] & 0x3fu);
	}
	if (value < smallest[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return 0;
	*character = value;
	return length;
}

static bool is_shown(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} hidden[] = {
		{0x0000, 0x001f},    /* C0 */
		{0x007f, 0x009f},    /* DEL, C1 */
		{0x00ad, 0x00ad},    /* soft hyphen */
		{0x034f, 0x034f},    /* combining grapheme joiner */
		{0x061c, 0x061c},    /* Arabic letter mark */
		{0x115f, 0x1160},    /* Hangul fillers */
		{0x17b4, 0x17b5},    /* Khmer vowels that are not written */
		{0x180b, 0x180f},    /* Mongolian separators */
		{0x200b, 0x200f},    /* zero width, left-to-right and right-to-left marks */
		{0x2028, 0x202e},    /* separators, embeddings, overrides */
		{0x2060, 0x206f},    /* word joiner, isolates, deprecated controls */
		{0x2800, 0x2800},    /* empty braille pattern */
		{0x3164, 0x3164},    /* Hangul filler */
		{0xe000, 0xf8ff},    /* private use: WeChat's old emoji */
		{0xfdd0, 0xfdef},    /* noncharacters */
		{0xfe00, 0xfe0f},    /* variation selectors */
		{0xfeff, 0xfeff},    /* byte order mark */
		{0xffa0, 0xffa0},    /* half-width Hangul filler */
		{0xfff0, 0xfffb},    /* specials, interlinear annotation */
		{0x1d173, 0x1d17a},  /* musical controls */
		{0xe0000, 0xe0fff},  /* tags, variation selectors */
		{0xf0000, 0x10ffff}, /* private use */
	};

	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
		if (c >= hidden[i].first && c <= hidden[i].last)
			return false;
	}
	return (c & 0xfffeu) != 0xfffeu;
}

void display_copy(char *to, size_t size, const char *from, size_t length)
{
	struct text text;

	text_init(&text, to, size);
	for (size_t i = 0; i < length && !text.truncated;) {
		uint32_t character = 0;
		size_t bytes = display_read(from + i, length - i, &character);

		if (bytes == 0) {
			text_add(&text, "?");
			i++;
			continue;
		}
		if (is_shown(character))
			text_add_bytes(&text, from + i, bytes);
		i += bytes;
	}
}

bool display_is_seen(uint32_t character)
{
	return is_shown(character) && character_is_seen(character);
}

void display_escape(char *to, size_t size, const char *from, size_t length)
{
	struct text text;

	text_init(&text, to, size);
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)from[i];

		text_addf(&text, c >= ' ' && c < 0x7f ? "%c" : "\\x%02x", c);
	}
}

void display_both(char to[static DISPLAY_BOTH_SIZE], const char *name)
{
	char shown[DISPLAY_BOTH_SIZE / 4], escaped[DISPLAY_BOTH_SIZE / 2];
	size_t length = strlen(name);

	display_copy(shown, sizeof(shown), name, length);
	display_escape(escaped, sizeof(escaped), name, length);
	(void)text_format(to, DISPLAY_BOTH_SIZE, strcmp(escaped, name) == 0 ? "%s" : "%s (%s)",
		shown, escaped);
}

static bool is_in_name(uint32_t c)
{
	/* Names stand in the guillemets, U+00AB and U+00BB, on a page. */
	if (c >= 0x80)
		return c != 0xab && c != 0xbb && display_is_seen(c);
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c != '\0' && strchr("\\@+._-", (int)c) != NULL);
}

/* Whether all of it is shown as it is. */
static bool is_name(const char *name)
{
	size_t length = strnlen(name, DISPLAY_NAME_SIZE);
	size_t at = 0, count = 0;

	while (at < length) {
		uint32_t character = 0;
		size_t step = display_read(name + at, length - at, &character);

		if (step == 0 || !is_in_name(character))
			return false;
		at += step;
		count++;
	}
	return count >= 1 && count <= DISPLAY_NAME_CHARACTERS;
}

void display_name(char shown[static DISPLAY_NAME_SIZE], const char *name)
{
	(void)text_format(
		shown, DISPLAY_NAME_SIZE, "%s", name != NULL && is_name(name) ? name : UNUSUAL);
}

void display_add_quoted(struct text *text, const char *shown)
{
	bool is_a_name = strcmp(shown, UNUSUAL) != 0;

	text_add(text, is_a_name ? "\xc2\xab" : "");
	text_add(text, shown);
	text_add(text, is_a_name ? "\xc2\xbb" : "");
}

size_t display_find_invalid(const char *bytes, size_t length)
{
	uint32_t character;
	size_t at = 0;

	while (at < length) {
		size_t step = display_read(bytes + at, length - at, &character);

		if (step == 0)
			break;
		at += step;
	}
	return at;
}
