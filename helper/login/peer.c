#include "peer.h"

#include <errno.h>
#include <string.h>

#include <event2/event.h>

#include "log.h"

static void send_message(struct peer *peer, const struct wire_message *message)
{
	int rv = wire_send(peer->fd, message);

	if (rv == 0)
		return;
	peer->is_gone = rv == -ECONNRESET;
	if (!peer->is_gone)
		log_limited("a login's connection takes no message: %s", strerror(-rv));
	/* Close the connection from the loop, not here: our caller still uses the login. */
	event_active(peer->timer, EV_TIMEOUT, 0);
}

void peer_tell(struct peer *peer, enum wire_verb verb)
{
	struct wire_message message = {.verb = verb};

	if (verb == WIRE_CONTINUED && peer->version < 2)
		return;
	send_message(peer, &message);
}

void peer_hand_on(struct peer *peer, const char *ticket, const char *code)
{
	struct wire_message message = {.verb = WIRE_CODE};

	message.value[WIRE_TICKET] = ticket;
	message.value[WIRE_CODE_VALUE] = code;
	send_message(peer, &message);
}
