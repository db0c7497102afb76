#include "ascii.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "text.h"

#define CHUNK 1024
#define CHARACTER_MAX 4 /* bytes */

/* Of what our own texts hold. */
static const struct {
	const char *character, *ascii;
} typed[] = {
	{"«", "\""},
	{"»", "\""},
	{"“", "\""},
	{"”", "\""},
	{"‘", "'"},
	{"’", "'"},
	{"–", "-"},
	{"—", "-"},
	{"·", "-"},
	{"…", "..."},
	{"→", "->"},
	{"×", "x"},
	{"\xc2\xa0", " "},
};

struct output {
	FILE *before;
	int fd;
	char held[CHARACTER_MAX]; /* of a character that goes on in what is written next */
	size_t held_length;
};

static struct output standard = {.fd = STDOUT_FILENO}, errors = {.fd = STDERR_FILENO};

bool ascii_is_wanted(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
	const char *locale = NULL, *charset;
	size_t length;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (locale == NULL || locale[0] == '\0')
			locale = getenv(names[i]);
	}
	/* As in a container: nobody chose another one. */
	if (locale == NULL || locale[0] == '\0')
		return false;
	charset = strchr(locale, '.');
	if (charset == NULL)
		return true;
	length = strcspn(++charset, "@");
	return !((length == 5 && strncasecmp(charset, "UTF-8", length) == 0) ||
		 (length == 4 && strncasecmp(charset, "UTF8", length) == 0));
}

/* The length of the character that begins there, as far as is seen; 1 for a byte that begins none.
 */
static size_t length_of(const char *at, size_t seen)
{
	unsigned char first = (unsigned char)*at;
	size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 1;

	for (size_t i = 1; i < length && i < seen; i++) {
		if (((unsigned char)at[i] & 0xc0) != 0x80)
			return 1;
	}
	return length;
}

/* The length of "(…)" that holds no ASCII; 0 if it is none. */
static size_t bracket_at(const char *bytes, size_t length)
{
	size_t at = 1;

	while (at < length && (unsigned char)bytes[at] >= 0x80)
		at++;
	return length > 0 && bytes[0] == '(' && at > 1 && at < length && bytes[at] == ')' ? at + 1
	                                                                                  : 0;
}

static void add_character(struct text *text, const char *character, size_t length)
{
	for (size_t i = 0; i < sizeof(typed) / sizeof(typed[0]); i++) {
		if (strlen(typed[i].character) == length &&
			memcmp(typed[i].character, character, length) == 0) {
			text_add(text, typed[i].ascii);
			return;
		}
	}
	text_add(text, "?");
}

size_t ascii_add(struct text *text, const char *bytes, size_t length)
{
	size_t at = 0;

	while (at < length) {
		size_t blank = bytes[at] == ' ';
		size_t left_out = bracket_at(bytes + at + blank, length - at - blank);
		size_t one = length_of(bytes + at, length - at);

		if (left_out > 0) {
			at += blank + left_out;
			continue;
		}
		if (one > length - at)
			break;
		if ((unsigned char)bytes[at] < 0x80)
			text_add_bytes(text, bytes + at, 1);
		else
			add_character(text, bytes + at, one);
		at += one;
	}
	return at;
}

static int write_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t written = write(fd, bytes, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return -1;
		bytes += written;
		length -= (size_t)written;
	}
	return 0;
}

/* A cookie_write_function_t: returns `size`, or 0 if it could not be written. */
static ssize_t write_ascii(void *cookie, const char *bytes, size_t size)
{
	struct output *output = cookie;
	char whole[CHUNK + CHARACTER_MAX], ascii[3 * sizeof(whole) + 1];
	size_t done = 0;

	while (done < size) {
		size_t more = size - done < CHUNK ? size - done : CHUNK, taken, length;
		struct text text;

		memcpy(whole, output->held, output->held_length);
		memcpy(whole + output->held_length, bytes + done, more);
		length = output->held_length + more;
		text_init(&text, ascii, sizeof(ascii));
		taken = ascii_add(&text, whole, length);
		output->held_length = length - taken;
		memcpy(output->held, whole + taken, output->held_length);
		if (write_all(output->fd, ascii, text.length) < 0)
			return 0;
		done += more;
	}
	return (ssize_t)size;
}

/* glibc's standard streams are variables. */
static int replace(FILE **stream, struct output *output, int buffering)
{
	FILE *made = fopencookie(output, "w", (cookie_io_functions_t){.write = write_ascii});

	if (made == NULL)
		return -ENOMEM;
	(void)setvbuf(made, NULL, buffering, buffering == _IONBF ? 0 : BUFSIZ);
	output->before = *stream;
	*stream = made;
	return 0;
}

int ascii_begin(void)
{
	if (!ascii_is_wanted())
		return 0;
	return replace(&stderr, &errors, _IONBF) < 0 ||
	                       replace(&stdout, &standard,
				       isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF) < 0
	               ? -ENOMEM
	               : 0;
}

void ascii_end(void)
{
	FILE *made = stdout;

	if (standard.before == NULL)
		return;
	stdout = standard.before;
	standard.before = NULL;
	(void)fclose(made);
}
