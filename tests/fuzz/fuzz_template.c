/* What is accepted renders: its text as it was, its values in between, all escaped. */
#include "fuzz.h"

#include <errno.h>

#include "problem.h"
#include "template.h"
#include "text.h"

#define RENDERED_MAX (2 * TEMPLATE_MAX * 8)

static void check_rendered(const char *bytes, size_t size, const struct template *template)
{
	const char *values[SLOT_COUNT];
	char *rendered = malloc(RENDERED_MAX);
	struct text text;

	EXPECT(rendered != NULL);
	for (int i = 0; i < SLOT_COUNT; i++)
		values[i] = "<\x01>";
	text_init(&text, rendered, RENDERED_MAX);
	template_render(template, values, &text);
	EXPECT(text_finish(&text) == 0);
	/* Without names nothing changes; what a value holds is never seen as it was. */
	EXPECT(memmem(bytes, size, "{{", 2) != NULL ||
		(text.length == size && memcmp(rendered, bytes, size) == 0));
	EXPECT(memmem(bytes, size, "<\x01>", 3) != NULL || strstr(rendered, "<\x01>") == NULL);
	free(rendered);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	struct problem problem = {.text = ""};
	struct template *template = NULL;
	int rv = template_create("a.html", bytes, size, 0,
		SLOT_BIT(SLOT_HEADING) | SLOT_BIT(SLOT_WORDS) | SLOT_BIT(SLOT_STYLE), &template,
		&problem);

	EXPECT(rv == 0 || rv == -EINVAL);
	EXPECT((rv == 0) == (problem.text[0] == '\0'));
	EXPECT((rv == 0) == (template != NULL));
	EXPECT(rv == 0 || strncmp(problem.text, "a.html:", 7) == 0);
	if (rv == 0)
		check_rendered(bytes, size, template);
	template_free(&template);
	return 0;
}
