#include "binding_line.h"

#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct span trim(const char *at, const char *end)
{
	while (at < end && is_blank(*at))
		at++;
	while (end > at && is_blank(end[-1]))
		end--;
	return (struct span){at, (size_t)(end - at)};
}

/* The word at `at` or behind blanks there: empty if there is none. */
static struct span find_word(const char *at, const char *end)
{
	const char *begin = trim(at, end).at;
	const char *behind = begin;

	if (begin < end && *begin == '#')
		return (struct span){begin, 0};
	while (behind < end && !is_blank(*behind))
		behind++;
	return (struct span){begin, (size_t)(behind - begin)};
}

bool binding_next(struct span *rest, struct binding_line *line)
{
	while (rest->length > 0) {
		const char *at = rest->at;
		const char *newline = memchr(at, '\n', rest->length);
		const char *end = newline == NULL ? at + rest->length : newline;
		size_t taken = (size_t)(end - at) + (newline == NULL ? 0 : 1);

		rest->at += taken;
		rest->length -= taken;
		line->whole = (struct span){at, taken};
		line->openid = find_word(at, end);
		if (line->openid.length == 0)
			continue;
		line->users = find_word(line->openid.at + line->openid.length, end);
		at = trim(line->users.at + line->users.length, end).at;
		line->comment = at < end ? trim(at + 1, end) : (struct span){NULL, 0};
		return true;
	}
	return false;
}

bool binding_next_user(struct span *users, struct binding_user *user)
{
	const char *comma, *colon;
	size_t length;

	if (users->at == NULL)
		return false;
	comma = memchr(users->at, ',', users->length);
	length = comma == NULL ? users->length : (size_t)(comma - users->at);
	user->whole = user->name = (struct span){users->at, length};
	user->uid = (struct span){users->at + length, 0};
	colon = memchr(users->at, ':', length);
	if (colon != NULL) {
		user->name.length = (size_t)(colon - users->at);
		user->uid = (struct span){colon + 1, length - user->name.length - 1};
	}
	*users = comma == NULL ? (struct span){NULL, 0}
	                       : (struct span){comma + 1, users->length - length - 1};
	return true;
}
