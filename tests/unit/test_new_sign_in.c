#include "new_sign_in.h"

#include "process.h"
#include "rehearsal.h"
#include "unit.h"

#define CHANGE 1000
#define OLD (CHANGE - 1)
#define NEW (CHANGE + 1)

/* From this command outward: "name:began:real uid:effective uid", "*" for a terminal. */
struct one {
	const char *name;
	uint64_t began;
	uid_t real, effective;
	bool has_terminal;
};

#define KEEP(began)                               \
	{                                         \
		"pam-wechat", (began), 0, 0, true \
	}
#define INIT                              \
	{                                 \
		"systemd", 1, 0, 0, false \
	}
#define LISTENER                       \
	{                              \
		"sshd", 2, 0, 0, false \
	}
#define SSHD(began)                          \
	{"sshd", (began), 0, 0, false},      \
	{                                    \
		"sshd", (began), 0, 0, false \
	}
#define SHELL(began, uid)                           \
	{                                           \
		"bash", (began), (uid), (uid), true \
	}
#define SUDO(began)                         \
	{                                   \
		"sudo", (began), 0, 0, true \
	}
#define SUDO_ITS_PTY(began)                 \
	{"sudo", (began), 0, 0, true},      \
	{                                   \
		"sudo", (began), 0, 0, true \
	}

static const struct row {
	const char *service;
	bool is_new;
	struct one lineage[10];
} rows[] = {
	{"sshd", true, {KEEP(NEW), SHELL(NEW, 0), SSHD(NEW), LISTENER, INIT}},
	{"sshd", true, {KEEP(NEW), SUDO(NEW), SHELL(NEW, 7), SSHD(NEW), LISTENER, INIT}},
	{"sshd", true, {KEEP(NEW), {"sshd-session", NEW, 0, 0, false}, LISTENER, INIT}},
	/* From socket activation: there is no listener. */
	{"sshd", true, {KEEP(NEW), SHELL(NEW, 0), SSHD(NEW), INIT}},
	/* A session in a connection from before, over a listener that was started again. */
	{"sshd", false, {KEEP(NEW), SHELL(NEW, 0), SSHD(OLD), INIT}},
	{"sshd", false, {KEEP(NEW), SHELL(OLD, 0), SSHD(OLD), LISTENER, INIT}},
	/* At the very moment is not after it. */
	{"sshd", false, {KEEP(NEW), SHELL(CHANGE, 0), SSHD(CHANGE), LISTENER, INIT}},
	/* A window of a tmux from before; a sign-in at the console; a call in a container. */
	{"sshd", false, {KEEP(NEW), SHELL(NEW, 0), {"tmux: server", OLD, 0, 0, false}, INIT}},
	{"sshd", false, {KEEP(NEW), SHELL(NEW, 0), {"login", NEW, 0, 0, true}, INIT}},
	{"sshd", false, {KEEP(NEW), SHELL(NEW, 0)}},
	{"sshd", false, {KEEP(NEW), SUDO_ITS_PTY(NEW), SHELL(OLD, 7), SSHD(OLD), LISTENER, INIT}},
	/* Anybody may give his own process a name. */
	{"sshd", false, {KEEP(NEW), {"sshd", NEW, 7, 7, true}, SHELL(OLD, 7), SSHD(OLD), INIT}},
	/* Of another service. */
	{"sshd", false, {KEEP(NEW), SHELL(NEW, 0), {"sshd-wechat", NEW, 0, 0, false}, INIT}},
	{"sshd-wechat", true, {KEEP(NEW), SHELL(NEW, 0), {"sshd-wechat", NEW, 0, 0, false}, INIT}},
	{"sshd-wechat", false, {KEEP(NEW), SHELL(NEW, 0), SSHD(NEW), LISTENER, INIT}},
	/* The kernel keeps 15 bytes of a name. */
	{"sshd-of-the-company", true,
		{KEEP(NEW), SHELL(NEW, 0), {"sshd-of-the-com", NEW, 0, 0, false}, INIT}},
	/* getty waits from the start on, and becomes login. */
	{"login", true, {KEEP(NEW), SHELL(NEW, 0), {"login", OLD, 0, 0, true}, INIT}},
	{"login", false, {KEEP(NEW), SHELL(OLD, 0), {"login", OLD, 0, 0, true}, INIT}},
	{"login", false, {KEEP(NEW), SHELL(NEW, 0), SSHD(NEW), LISTENER, INIT}},
	{"login", false, {{"login", NEW, 0, 0, true}, INIT}},
	{"sudo", true, {KEEP(NEW), SUDO_ITS_PTY(NEW), SHELL(OLD, 7), SSHD(OLD), LISTENER, INIT}},
	{"sudo-i", true, {KEEP(NEW), SHELL(NEW, 0), SUDO(NEW), SHELL(OLD, 7), INIT}},
	{"sudo", false, {KEEP(NEW), SHELL(NEW, 0), SUDO(OLD), SHELL(OLD, 7), INIT}},
	/* Root is asked for nothing. */
	{"sudo", false, {KEEP(NEW), SUDO(NEW), SHELL(OLD, 0), INIT}},
	{"su", false, {KEEP(NEW), SHELL(NEW, 0), {"su", NEW, 0, 0, true}, SHELL(OLD, 0), INIT}},
	{"su", true, {KEEP(NEW), SHELL(NEW, 0), {"su", NEW, 7, 0, true}, SHELL(OLD, 7), INIT}},
	{"su-l", true, {KEEP(NEW), SHELL(NEW, 0), {"su", NEW, 7, 0, true}, SHELL(OLD, 7), INIT}},
	{"su", false, {KEEP(NEW), SUDO(NEW), SHELL(OLD, 7), INIT}},
	{"su", false, {KEEP(NEW), {"su", NEW, 7, 0, true}}},
	{"doas", true, {KEEP(NEW), {"doas", NEW, 7, 0, true}, SHELL(OLD, 7), INIT}},
	/* Programs that are not known here: the terminal. */
	{"gdm-password", true, {KEEP(NEW), SUDO(NEW), SHELL(NEW, 7), INIT}},
	{"gdm-password", false, {KEEP(NEW), SUDO_ITS_PTY(NEW), SHELL(OLD, 7), INIT}},
	{"gdm-password", false, {{"pam-wechat", NEW, 0, 0, false}, INIT}},
	{"sudoku", false, {KEEP(NEW), SUDO(NEW), SHELL(OLD, 7), INIT}},
};

static size_t make_lineage(const struct row *row, struct process lineage[COUNT(rows[0].lineage)])
{
	size_t count = 0;

	for (; count < COUNT(row->lineage) && row->lineage[count].name != NULL; count++) {
		const struct one *one = &row->lineage[count];

		lineage[count] = (struct process){.pid = 100 + (pid_t)count,
			.parent = 101 + (pid_t)count,
			.began = one->began,
			.has_terminal = one->has_terminal,
			.real = one->real,
			.effective = one->effective};
		strcpy(lineage[count].name, one->name);
	}
	return count;
}

static struct rehearsal make_rehearsal(void)
{
	struct rehearsal rehearsal;

	assert_int_equal(rehearsal_begin(&rehearsal, 30), 0);
	rehearsal.began = CHANGE;
	rehearsal.origin = (struct rehearsal_process){.pid = 0};
	return rehearsal;
}

static void test_only_who_got_in_after_the_change_may_keep_it(void **state)
{
	struct process lineage[COUNT(rows[0].lineage)];
	struct rehearsal rehearsal = make_rehearsal();

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t count = make_lineage(&rows[i], lineage);
		const char *refusal =
			new_sign_in_refusal(rows[i].service, lineage, count, &rehearsal);

		if ((refusal == NULL) != rows[i].is_new)
			fail_msg("row %zu, %s: %s", i, rows[i].service,
				refusal == NULL ? "taken for new" : refusal);
	}
}

static void test_nobody_is_new_in_the_terminal_of_the_trial(void **state)
{
	struct process lineage[COUNT(rows[0].lineage)];
	struct rehearsal rehearsal = make_rehearsal();

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t count = make_lineage(&rows[i], lineage);

		for (size_t at = 0; at < count; at++) {
			rehearsal.origin =
				(struct rehearsal_process){lineage[at].pid, lineage[at].began};
			assert_non_null(
				new_sign_in_refusal(rows[i].service, lineage, count, &rehearsal));
			/* The same number, of another process since. */
			rehearsal.origin.began += CHANGE;
			assert_int_equal(rows[i].is_new,
				new_sign_in_refusal(rows[i].service, lineage, count, &rehearsal) ==
					NULL);
		}
	}
}

static void test_after_a_start_of_the_machine_every_sign_in_is_new(void **state)
{
	const struct row *row = &rows[5];
	struct process lineage[COUNT(rows[0].lineage)];
	struct rehearsal rehearsal = make_rehearsal();
	size_t count = make_lineage(row, lineage);

	(void)state;
	assert_non_null(new_sign_in_refusal(row->service, lineage, count, &rehearsal));
	memset(rehearsal.boot, '0', REHEARSAL_BOOT_SIZE - 1);
	assert_null(new_sign_in_refusal(row->service, lineage, count, &rehearsal));
}

static void test_nothing_is_known_without_a_lineage(void **state)
{
	struct rehearsal rehearsal = make_rehearsal();

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_non_null(new_sign_in_refusal(rows[i].service, NULL, 0, &rehearsal));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_who_got_in_after_the_change_may_keep_it),
		cmocka_unit_test(test_nobody_is_new_in_the_terminal_of_the_trial),
		cmocka_unit_test(test_after_a_start_of_the_machine_every_sign_in_is_new),
		cmocka_unit_test(test_nothing_is_known_without_a_lineage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
