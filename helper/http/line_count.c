#include "line_count.h"

#include <string.h>

#include <event2/buffer.h>

#define PIECES_MAX 4 /* reading from a socket fills no more at a time */

static size_t count_in_piece(const struct evbuffer_iovec *piece)
{
	const char *at = piece->iov_base;
	size_t left = piece->iov_len;
	size_t count = 0;

	while (left > 0) {
		const char *end = memchr(at, '\n', left);

		if (end == NULL)
			break;
		count++;
		left -= (size_t)(end + 1 - at);
		at = end + 1;
	}
	return count;
}

size_t line_count_added(struct evbuffer *input, const struct evbuffer_cb_info *info)
{
	struct evbuffer_iovec pieces[PIECES_MAX];
	struct evbuffer_ptr added;
	size_t lines = 0;
	int count = 0;

	/* What was added stands at the end. */
	if (info->n_added > 0 &&
		evbuffer_ptr_set(input, &added, info->orig_size, EVBUFFER_PTR_SET) == 0)
		count = evbuffer_peek(input, -1, &added, pieces, PIECES_MAX);
	for (int i = 0; i < count && i < PIECES_MAX; i++)
		lines += count_in_piece(&pieces[i]);
	return lines;
}
