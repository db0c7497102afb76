#include "rehearsal.h"

#include <errno.h>
#include <unistd.h>

#include "process.h"
#include "unit.h"

#define BOOT "01234567-89ab-cdef-0123-456789abcdef"
#define LINE "# on trial until 1970-01-01 [5 " BOOT " 6 7 8 9 10]"

static void test_what_is_written_is_read(void **state)
{
	struct rehearsal made, read;
	char line[REHEARSAL_LINE_MAX];

	(void)state;
	assert_int_equal(rehearsal_begin(&made, 30), 0);
	made.holder = (struct rehearsal_process){4194304, UINT32_MAX};
	assert_int_equal(rehearsal_format(&made, line), 0);
	assert_int_equal(rehearsal_parse(line, &read), 0);
	assert_true(read.until == made.until && read.began == made.began);
	assert_string_equal(read.boot, made.boot);
	assert_true(read.holder.pid == made.holder.pid && read.holder.began == made.holder.began);
	assert_true(read.origin.pid == made.origin.pid && read.origin.began == made.origin.began);
	assert_true(rehearsal_is_of_this_boot(&read));
}

static void test_each_number_has_its_place(void **state)
{
	struct rehearsal read;

	(void)state;
	assert_int_equal(rehearsal_parse(LINE, &read), 0);
	assert_true(read.until == 5 && read.began == 6);
	assert_string_equal(read.boot, BOOT);
	assert_true(read.holder.pid == 7 && read.holder.began == 8);
	assert_true(read.origin.pid == 9 && read.origin.began == 10);
	assert_false(rehearsal_is_of_this_boot(&read));
}

static void test_a_line_that_somebody_has_changed_is_refused(void **state)
{
	char line[sizeof(LINE) + 1];
	struct rehearsal read;

	(void)state;
	for (size_t length = 0; length < sizeof(LINE) - 1; length++) {
		memcpy(line, LINE, length);
		line[length] = '\0';
		assert_int_equal(rehearsal_parse(line, &read), -EINVAL);
	}
	assert_int_equal(rehearsal_parse(LINE " ", &read), -EINVAL);
	for (const char *at = strchr(LINE, '['); *at != '\0'; at++) {
		memcpy(line, LINE, sizeof(LINE));
		line[at - LINE] = '?';
		assert_int_equal(rehearsal_parse(line, &read), -EINVAL);
	}
	assert_int_equal(
		rehearsal_parse("# on trial until [5 " BOOT " 6 4294967303 8 9 10]", &read),
		-EINVAL);
}

static void test_it_is_held_by_a_process_that_began_as_it_says(void **state)
{
	struct rehearsal rehearsal;
	struct process self;

	(void)state;
	assert_int_equal(rehearsal_begin(&rehearsal, 30), 0);
	assert_int_equal(process_read(getpid(), &self), 0);
	rehearsal.holder = (struct rehearsal_process){self.pid, self.began};
	assert_true(rehearsal_is_held(&rehearsal));
	rehearsal.holder.began++;
	assert_false(rehearsal_is_held(&rehearsal));
	rehearsal.holder.began--;
	rehearsal.boot[0] = rehearsal.boot[0] == '0' ? '1' : '0';
	assert_false(rehearsal_is_held(&rehearsal));
}

static void test_a_process_that_has_ended_holds_nothing(void **state)
{
	struct process child;
	int ends[2];
	char byte;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0)
		_exit(0);
	close(ends[1]);
	/* Its end closes the pipe; nobody has waited for it. */
	assert_int_equal(read(ends[0], &byte, 1), 0);
	close(ends[0]);
	while (process_read(pid, &child) == 0)
		continue;
	assert_int_equal(process_read(pid, &child), -ENOENT);
}

static void test_the_lineage_leads_from_here_to_the_first_of_all(void **state)
{
	struct process lineage[PROCESS_LINEAGE_MAX];
	size_t count = process_lineage(lineage);

	(void)state;
	assert_true(count >= 2);
	assert_int_equal(lineage[0].pid, getpid());
	assert_string_equal(lineage[0].name, "test_rehearsal");
	assert_int_equal(lineage[0].effective, geteuid());
	assert_true(lineage[0].began <= process_now());
	for (size_t i = 1; i < count; i++) {
		assert_int_equal(lineage[i].pid, lineage[i - 1].parent);
		/* Who has no parent is the first of a namespace, and may have been put there. */
		if (i + 1 < count)
			assert_true(lineage[i].began <= lineage[i - 1].began);
	}
	assert_int_equal(lineage[count - 1].parent, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_written_is_read),
		cmocka_unit_test(test_each_number_has_its_place),
		cmocka_unit_test(test_a_line_that_somebody_has_changed_is_refused),
		cmocka_unit_test(test_it_is_held_by_a_process_that_began_as_it_says),
		cmocka_unit_test(test_a_process_that_has_ended_holds_nothing),
		cmocka_unit_test(test_the_lineage_leads_from_here_to_the_first_of_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
