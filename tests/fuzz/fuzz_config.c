/* What a file sets is in its range; what is refused has its place and a sentence. */
#include "fuzz.h"

#include <errno.h>
#include <strings.h>

#include "config.h"
#include "problem.h"
#include "url.h"

struct sample {
	char *name;
	struct config_list addresses;
	bool on;
	long seconds;
	int colour;
	char *path;
	char *url;
};

static const char *const colours[] = {"red", "green", "blue", NULL};

static const struct config_key keys[] = {
	{.name = "name", .type = CONFIG_STRING, .offset = offsetof(struct sample, name)},
	{.name = "address", .type = CONFIG_LIST, .offset = offsetof(struct sample, addresses)},
	{.name = "on", .type = CONFIG_FLAG, .offset = offsetof(struct sample, on)},
	{.name = "seconds",
		.type = CONFIG_NUMBER,
		.offset = offsetof(struct sample, seconds),
		.low = 5,
		.high = 300},
	{.name = "colour",
		.type = CONFIG_WORD,
		.offset = offsetof(struct sample, colour),
		.words = colours},
	{.name = "path",
		.type = CONFIG_STRING,
		.offset = offsetof(struct sample, path),
		.fault = config_path_fault},
	{.name = "url",
		.type = CONFIG_STRING,
		.offset = offsetof(struct sample, url),
		.fault = url_fault},
};

static const struct config_table table = {keys, sizeof(keys) / sizeof(keys[0])};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sample sample = {.seconds = 90};
	struct problem problem = {""};
	uint64_t seen = 0;
	int rv = config_parse(
		&table, &sample, &seen, "sample.conf", (const char *)data, size, &problem);

	EXPECT(rv == 0 || rv == -EINVAL);
	EXPECT((rv == 0) == (problem.text[0] == '\0'));
	EXPECT(rv == 0 || strncmp(problem.text, "sample.conf:", 12) == 0);
	EXPECT(sample.seconds >= 5 && sample.seconds <= 300);
	EXPECT(sample.colour >= 0 && sample.colour <= 2);
	EXPECT(sample.addresses.count <= CONFIG_LIST_MAX);
	EXPECT(sample.name == NULL || sample.name[0] != '\0');
	EXPECT(sample.path == NULL || sample.path[0] == '/');
	EXPECT(sample.url == NULL || strncasecmp(sample.url, "http", 4) == 0);
	config_finish(&table, &sample);
	return 0;
}
