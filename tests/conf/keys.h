/*
 * keys - prints what a program's compiled table says about its keys, for tests to read.
 */
#ifndef PAM_WECHAT_KEYS_H
#define PAM_WECHAT_KEYS_H

struct config_table;

/*
 * Prints the path of the file that is read where nobody names another; a line for each key: name,
 * values and place (`line` for the PAM line as well, `file`), separated by tabs; an empty line; and
 * the settings, as config_print() does.
 */
void keys_print(const char *path, const struct config_table *table, const void *settings);

#endif
