/* sink.c - calling a sink that may not be there, or not want a call; passing calls on. */
#include "formats/sink.h"

int sink_begin(struct sink *s, const struct pkg *meta, struct err *e)
{
	return s && s->ops->begin ? s->ops->begin(s, meta, e) : 0;
}

int sink_entry_begin(struct sink *s, const struct entry *entry, struct err *e)
{
	return s ? s->ops->entry_begin(s, entry, e) : 0;
}

int sink_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	return s && len > 0 ? s->ops->data(s, bytes, len, e) : 0;
}

int sink_entry_end(struct sink *s, struct err *e)
{
	return s ? s->ops->entry_end(s, e) : 0;
}

int sink_close(struct sink *s, struct err *e)
{
	return s && s->ops->close ? s->ops->close(s, e) : 0;
}

void sink_drop(struct sink *s)
{
	if (s && s->ops->drop)
		s->ops->drop(s);
}

static struct sink *behind(struct sink *s)
{
	return ((struct relay *)s)->next;
}

int relay_entry_begin(struct sink *s, const struct entry *entry, struct err *e)
{
	return sink_entry_begin(behind(s), entry, e);
}

int relay_data(struct sink *s, const void *bytes, size_t len, struct err *e)
{
	return sink_data(behind(s), bytes, len, e);
}

int relay_entry_end(struct sink *s, struct err *e)
{
	return sink_entry_end(behind(s), e);
}

int relay_close(struct sink *s, struct err *e)
{
	return sink_close(behind(s), e);
}
