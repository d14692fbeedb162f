/* deliver_syslog.c - an event as one line of the system's log: JSON that stays whole, however much there is to say. */
#include "base/fs.h"
#include "release/deliver.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 8000, TEXT_KEPT = 300 };

/* A text with its end left out, between two characters. */
static json_t *shorter(const char *text, size_t most)
{
	size_t len = strlen(text);

	if (len <= most)
		return json_string(text);
	for (len = most; len && ((unsigned char)text[len] & 0xc0) == 0x80;)
		len--;
	return json_sprintf("%.*s...", (int)len, text);
}

/* What says which event it is, and nothing that people wrote at length; "shortened" says that 'sluice audit show' has more. */
static json_t *shortened(const json_t *event)
{
	static const char *const kept[] = { "event", "id", "time", "person", "outcome", "store", "organisation" };
	json_t *short_one = json_pack("{s:b, s:O*}", "shortened", 1, "seq", json_object_get(event, "seq"));
	const json_t *rfc = json_map(event, "rfc");

	for (size_t i = 0; i < COUNT(kept); i++)
		json_object_set_new(short_one, kept[i], shorter(json_text(event, kept[i]), TEXT_KEPT));
	if (rfc)
		json_object_set_new(short_one, "rfc",
			json_pack("{s:O*, s:O*}", "id", json_object_get(rfc, "id"), "state",
				json_object_get(rfc, "state")));
	return short_one;
}

char *syslog_line(const json_t *event)
{
	AUTO_JSON *less = NULL;
	char *text = json_dumps(event, JSON_COMPACT | JSON_SORT_KEYS), *line;

	if (text && strlen(text) > LINE_MAX_BYTES - 64) {
		free(text);
		less = shortened(event);
		text = json_dumps(less, JSON_COMPACT | JSON_SORT_KEYS);
	}
	/* RFC 3164's form, as the socket takes it: facility authpriv, severity notice. JSON has no line ends: one event is one line. */
	line = text ? mem_printf("<85>sluice[%d]: %s", (int)getpid(), text) : NULL;
	free(text);
	return line;
}

int syslog_tell(const char *path, const json_t *event, char *ret_why, size_t why_len)
{
	struct sockaddr_un place = { .sun_family = AF_UNIX };
	AUTO_FREE char *line = syslog_line(event);
	/* One datagram, nobody waits for it. */
	AUTO_FD int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	path = path ? path : "/dev/log";
	if (!line || fd < 0 || strlen(path) >= sizeof place.sun_path) {
		snprintf(ret_why, why_len, "%s: an event cannot be sent there", path);
		return 1;
	}
	snprintf(place.sun_path, sizeof place.sun_path, "%s", path);
	if (sendto(fd, line, strlen(line), MSG_NOSIGNAL, (const struct sockaddr *)&place, sizeof place) ==
		(ssize_t)strlen(line))
		return 0;
	snprintf(ret_why, why_len, "%s does not take it: %s", path, strerror(errno));
	return 1;
}
