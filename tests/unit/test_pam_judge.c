#include "pam_judge.h"

#include <security/pam_modules.h>

#include "pam_stack.h"
#include "text.h"
#include "unit.h"

#define WECHAT " pam_wechat.so\n"
#define COMMON_AUTH                                                                 \
	"auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\n" \
	"auth required pam_permit.so\n"
#define RED_HAT                                                                    \
	"auth required pam_env.so\nauth required pam_faildelay.so delay=2000000\n" \
	"auth [default=1 ignore=ignore success=ok] pam_usertype.so isregular\n"    \
	"auth [default=1 ignore=ignore success=ok] pam_localuser.so\n"             \
	"auth sufficient pam_unix.so nullok\n"                                     \
	"auth [default=1 ignore=ignore success=ok] pam_usertype.so isregular\n"    \
	"auth sufficient pam_sss.so forward_pass\nauth required pam_deny.so\n"

enum around { NO_WAY, NONE, KNOWN, UNKNOWN, PROOF };

static const struct row {
	const char *service, *stack;
	enum around around;  /* the least that leads around ours */
	bool refusal_passes; /* whoever ours refuses may get in */
} rows[] = {
	{"sshd", "auth required" WECHAT, NO_WAY, false},
	{"sshd", COMMON_AUTH "auth required" WECHAT, NO_WAY, false},
	{"sshd", "auth sufficient" WECHAT "auth required pam_unix.so\n", NO_WAY, true},
	{"sshd", "auth sufficient" WECHAT "auth required pam_permit.so\n", NO_WAY, true},
	{"sshd", "auth sufficient" WECHAT "auth required pam_access.so\n", NO_WAY, true},
	{"sshd", "auth sufficient" WECHAT "auth required pam_deny.so\n", NO_WAY, false},
	/* Root alone is root in su; sshd and login always are. */
	{"su", "auth sufficient pam_rootok.so\nauth required" WECHAT, NO_WAY, false},
	{"runuser-l", "auth sufficient pam_rootok.so\nauth required" WECHAT, NO_WAY, false},
	{"sshd", "auth sufficient pam_rootok.so\nauth required" WECHAT, NONE, false},
	{"sshd-wechat", "auth sufficient pam_rootok.so\nauth required" WECHAT, NONE, false},
	{"login", "auth [success=done] pam_rootok.so\nauth required" WECHAT, NONE, false},
	{"sudo", "auth sufficient pam_rootok.so\nauth required" WECHAT, NONE, false},
	/* What succeeds for whoever comes. */
	{"sshd", "auth sufficient pam_permit.so\nauth required" WECHAT, NONE, false},
	{"sshd", "auth sufficient pam_env.so\nauth required" WECHAT, NONE, false},
	{"sshd",
		"auth [success=1] pam_motd.so\nauth required" WECHAT
		"auth required pam_permit.so\n",
		NONE, false},
	{"sshd", "auth required pam_env.so\nauth required" WECHAT, NO_WAY, false},
	/* What decides by something known. */
	{"sshd", "auth sufficient pam_localuser.so\nauth required" WECHAT, KNOWN, false},
	{"sshd", "auth sufficient pam_access.so\nauth required" WECHAT, KNOWN, false},
	{"sshd", "auth sufficient pam_succeed_if.so user = a\nauth required" WECHAT, KNOWN, false},
	{"sshd",
		"auth [success=1] pam_exec.so /bin/true\nauth required" WECHAT
		"auth required pam_permit.so\n",
		KNOWN, false},
	{"sshd",
		"auth [success=ok default=1] pam_time.so\nauth required" WECHAT
		"auth optional pam_permit.so\n",
		NONE, false},
	{"sshd", "auth requisite pam_nologin.so\nauth required" WECHAT, NO_WAY, false},
	{"sshd", "auth required pam_wheel.so\nauth required" WECHAT, NO_WAY, false},
	/* A proof that is not asked of everybody. */
	{"sshd", "auth sufficient pam_google_authenticator.so\nauth required" WECHAT, PROOF, false},
	{"sshd", "auth sufficient pam_google_authenticator.so nullok\nauth required" WECHAT, KNOWN,
		false},
	{"sshd", "auth sufficient pam_u2f.so cue nouserok\nauth required" WECHAT, KNOWN, false},
	{"sshd", "auth sufficient pam_u2f.so cue\nauth required" WECHAT, PROOF, false},
	/* Proofs, and what nobody knows. */
	{"sshd", "auth sufficient pam_unix.so\nauth required" WECHAT, PROOF, false},
	{"sshd", RED_HAT "auth required" WECHAT, PROOF, false},
	{"sshd", "auth sufficient pam_corporate.so\nauth required" WECHAT, UNKNOWN, false},
	{"sshd", "auth sufficient /opt/lib/pam_corporate.so\nauth required" WECHAT, UNKNOWN, false},
	{"sshd", "auth sufficient /opt/lib/pam_unix.so\nauth required" WECHAT, PROOF, false},
	{"sshd", "auth sufficient pam_unix\nauth required" WECHAT, PROOF, false},
	{"sshd", "auth required pam_corporate.so\nauth required" WECHAT, NO_WAY, false},
	/* What fails always leads nowhere. */
	{"sshd", "auth sufficient pam_deny.so\nauth required" WECHAT, NO_WAY, false},
	{"sshd", "atuh sufficient pam_permit.so\nauth required" WECHAT, NO_WAY, false},
	{"sshd", "auth required pam_permit.so\natuh required pam_env.so\nauth required" WECHAT,
		NO_WAY, false},
};

static struct pam_question question_of(const struct row *row, int code, int means)
{
	return (struct pam_question){
		.service = row->service, .code = code, .means = (enum pam_means)means};
}

static void test_ways_are_told_by_what_they_take(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct pam_question denial = question_of(&rows[i], PAM_AUTH_ERR, PAM_MEANS_PROOF);
		struct pam_stack *stack = NULL;
		enum around found = NO_WAY;

		assert_int_equal(pam_stack_read_text("/etc/pam.d", rows[i].service, "auth",
					 rows[i].stack, strlen(rows[i].stack), &stack),
			0);
		for (int means = PAM_MEANS_PROOF; means >= PAM_MEANS_NONE; means--) {
			struct pam_question around = question_of(&rows[i], PAM_SUCCESS, means);

			if (pam_judge_leads_around(stack, &around))
				found = (enum around)(NONE + means);
		}
		if (found != rows[i].around)
			fail_msg("%s:\n%s%d leads around", rows[i].service, rows[i].stack, found);
		if (pam_judge_passes(stack, &denial) != rows[i].refusal_passes)
			fail_msg("%s:\n%sa refusal %s", rows[i].service, rows[i].stack,
				rows[i].refusal_passes ? "does not pass" : "passes");
		pam_stack_free(&stack);
	}
}

/* "gone" in a module's name: it can't be loaded. The line is that whose absence lets nobody in. */
static const struct loss {
	const char *stack;
	long line; /* 0: somebody gets in, or nobody in any case */
} losses[] = {
	{"auth required pam_env.so\nauth required" WECHAT, 0},
	{"auth required pam_gone.so\nauth required" WECHAT, 1},
	{"-auth required pam_gone.so\nauth required" WECHAT, 1},
	{"auth required" WECHAT "auth requisite pam_gone.so\n", 2},
	{"auth optional pam_gone.so\nauth required" WECHAT, 0},
	{"auth sufficient pam_gone.so\nauth required" WECHAT, 0},
	{"auth optional pam_gone.so\nauth required pam_gone.so\nauth required" WECHAT, 2},
	{"auth [success=ok default=die] pam_gone.so\nauth required" WECHAT, 1},
	{"auth [success=ok module_unknown=ignore default=die] pam_gone.so\nauth required" WECHAT,
		0},
	/* Who has a password is not asked; who has none gets in no more. */
	{"auth sufficient pam_unix.so\nauth required pam_gone.so\nauth required" WECHAT, 2},
	{"auth sufficient" WECHAT "auth required pam_gone.so\n", 0},
	{"auth [success=1 default=ignore] pam_gone.so\nauth requisite pam_deny.so\nauth required" WECHAT,
		1},
	{"auth required pam_gone.so\nauth required pam_deny.so\nauth required" WECHAT, 0},
	/* Of other types, or of services that don't ask. */
	{"auth required pam_unix.so\n", 0},
	{"auth required pam_unix.so\nauth required pam_gone.so\n", 2},
	{"auth sufficient pam_sss.so\nauth required pam_gone.so\n", 0},
};

static void test_a_missing_module_is_named_if_nobody_gets_in(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(losses); i++) {
		const char *text = losses[i].stack;
		const struct pam_entry *lost;
		struct pam_stack *stack;

		assert_int_equal(
			pam_stack_read_text("/", "text", "auth", text, strlen(text), &stack), 0);
		for (size_t at = 0; at < stack->count; at++)
			stack->entries[at].is_missing =
				strcmp(stack->entries[at].module, "pam_gone.so") == 0;
		lost = pam_judge_lost(stack, "sshd");
		if ((lost == NULL ? 0 : lost->line) != losses[i].line)
			fail_msg("%s: line %ld", text, lost == NULL ? 0 : lost->line);
		pam_stack_free(&stack);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_missing_module_is_named_if_nobody_gets_in),
		cmocka_unit_test(test_ways_are_told_by_what_they_take),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
