/*
 * call - one call of a subcommand: what was typed, by the options that the subcommand has.
 */
#ifndef PAM_WECHAT_IO_CALL_H
#define PAM_WECHAT_IO_CALL_H

#define COMMAND_OPTIONS_MAX 16
#define COMMAND_WORDS_MAX 64

enum command_exit {
	COMMAND_DONE = 0,
	COMMAND_REFUSED = 1, /* or failed */
	COMMAND_USAGE = 2,   /* wrong usage, or wrong configuration */
};

/* What a word stands for: completions know where to look for it. */
enum command_word {
	COMMAND_NOTHING,
	COMMAND_TEXT,
	COMMAND_FILE,
	COMMAND_DIRECTORY,
	COMMAND_USER,
	COMMAND_SERVICE, /* a file of /etc/pam.d */
};

struct command_option {
	const char *name;     /* without "--"; NULL ends the list */
	const char *argument; /* "FILE", or NULL for a flag */
	enum command_word word;
	const char *help; /* half a sentence */
};

struct command_call {
	const struct command *command;
	const char *conf; /* pam_wechat.conf */
	const char
		*values[COMMAND_OPTIONS_MAX]; /* of the options; "" for a flag; NULL: not given */
	int word_count;
	const char *words[COMMAND_WORDS_MAX]; /* what is left */
};

struct command {
	const char *name;
	const char *words; /* "USER", "list|add|remove|check [OPENID USER[,USER…]]", or "" */
	int words_min, words_max;
	enum command_word word;   /* of each word */
	const char *const *verbs; /* NULL, or what the first word may be, NULL at the end */
	const char *summary;      /* half a sentence */
	const char *description;  /* whole sentences, lines broken */
	const struct command_option *options; /* besides --conf and --help; NULL: none */
	enum command_exit (*run)(const struct command_call *call);
};

/* The value of an option of this call's command: NULL if it was not given; "" for a flag. */
const char *call_value(const struct command_call *call, const char *option);

#endif
