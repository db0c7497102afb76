#include "file_update.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "problem.h"
#include "secret.h"
#include "unit.h"

static struct update *open_update(const char *path)
{
	struct problem problem = {""};
	struct update *update = NULL;

	if (file_update_open(path, &update, &problem) != 0)
		fail_msg("%s", problem.text);
	assert_string_equal(problem.text, "");
	return update;
}

static void expect_not_open(const char *path, int error, const char *why)
{
	struct problem problem = {""};
	struct update *update = NULL;

	assert_int_equal(file_update_open(path, &update, &problem), error);
	assert_contains(problem.text, why);
	assert_null(update);
}

static void write_update(struct update *update, const char *string, mode_t mode)
{
	struct problem problem = {""};

	if (file_update_write(update, string, strlen(string), mode, &problem) != 0)
		fail_msg("%s", problem.text);
}

static void expect_file(const char *path, const char *contents, mode_t mode)
{
	char bytes[256] = "";
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &status), 0);
	assert_int_equal(status.st_mode & 07777, mode);
	assert_int_equal(read(fd, bytes, sizeof(bytes) - 1), strlen(contents));
	assert_string_equal(bytes, contents);
	close(fd);
}

static size_t count_files(const char *path)
{
	size_t count = 0;
	DIR *directory = opendir(path);

	assert_non_null(directory);
	while (readdir(directory) != NULL)
		count++;
	closedir(directory);
	return count - 2;
}

static void test_a_file_gets_new_contents_and_keeps_its_mode(void **state)
{
	struct folder folder;
	struct update *update;
	const char *path;

	(void)state;
	folder_create(&folder);
	path = folder_write(&folder, "file", 0640, "old", 3);
	update = open_update(path);
	assert_string_equal(file_update_contents(update)->bytes, "old");
	write_update(update, "new and longer", 0600);
	expect_file(path, "new and longer", 0640);
	write_update(update, "", 0600);
	file_update_close(&update);
	assert_null(update);
	expect_file(path, "", 0640);
	assert_int_equal(count_files(folder.path), 1);
	folder_remove(&folder);
}

static void test_a_new_file_gets_its_mode_whatever_the_umask(void **state)
{
	static const mode_t masks[] = {0, 022, 0777};

	(void)state;
	for (size_t i = 0; i < COUNT(masks); i++) {
		struct folder folder;
		struct update *update;
		const char *path;
		mode_t before;

		folder_create(&folder);
		path = folder_path(&folder, "file");
		before = umask(masks[i]);
		update = open_update(path);
		assert_null(file_update_contents(update));
		write_update(update, "new", 0644);
		file_update_close(&update);
		umask(before);
		expect_file(path, "new", 0644);
		assert_int_equal(count_files(folder.path), 1);
		folder_remove(&folder);
	}
}

static void test_an_update_that_writes_nothing_changes_nothing(void **state)
{
	struct folder folder;
	struct update *update;
	const char *path;

	(void)state;
	folder_create(&folder);
	path = folder_write(&folder, "file", 0600, "old", 3);
	update = open_update(path);
	file_update_close(&update);
	file_update_close(&update);
	expect_file(path, "old", 0600);
	assert_int_equal(count_files(folder.path), 1);
	folder_remove(&folder);
}

static void test_what_a_death_left_behind_is_taken_away(void **state)
{
	struct folder folder;
	struct update *update;
	const char *path;

	(void)state;
	folder_create(&folder);
	path = folder_write(&folder, "file", 0600, "old", 3);
	folder_write(&folder, ".file.new", 0600, "half", 4);
	folder_write(&folder, ".file.lock", 0600, "", 0);
	update = open_update(path);
	write_update(update, "new", 0600);
	file_update_close(&update);
	expect_file(path, "new", 0600);
	assert_int_equal(count_files(folder.path), 1);
	folder_remove(&folder);
}

/* Copies the file, and expects the copy to have this path. */
static void expect_copy(struct update *update, const char *path, char copy[FILE_UPDATE_COPY_MAX])
{
	struct problem problem = {""};

	assert_int_equal(file_update_back_up(update, ".old", copy, &problem), 0);
	assert_string_equal(copy, path);
}

static void test_a_backup_is_a_copy_of_what_was_there(void **state)
{
	char copy[FILE_UPDATE_COPY_MAX];
	struct folder folder;
	struct update *update;
	const char *path;

	(void)state;
	folder_create(&folder);
	path = folder_path(&folder, "file");
	update = open_update(path);
	expect_copy(update, "", copy);
	file_update_close(&update);
	assert_int_equal(count_files(folder.path), 0);
	folder_write(&folder, "file", 0640, "first", 5);
	update = open_update(path);
	expect_copy(update, folder_path(&folder, "file.old"), copy);
	write_update(update, "second", 0600);
	file_update_close(&update);
	expect_file(path, "second", 0640);
	expect_file(folder_path(&folder, "file.old"), "first", 0640);
	assert_int_equal(count_files(folder.path), 2);
	folder_remove(&folder);
}

static void test_a_backup_replaces_no_other(void **state)
{
	char copy[FILE_UPDATE_COPY_MAX];
	struct folder folder;
	struct update *update;

	(void)state;
	folder_create(&folder);
	folder_write(&folder, "file", 0600, "third", 5);
	folder_write(&folder, "file.old", 0600, "first", 5);
	assert_int_equal(symlink("nowhere", folder_path(&folder, "file.old.2")), 0);
	update = open_update(folder_path(&folder, "file"));
	expect_copy(update, folder_path(&folder, "file.old.3"), copy);
	file_update_close(&update);
	expect_file(folder_path(&folder, "file.old"), "first", 0600);
	expect_file(folder_path(&folder, "file.old.3"), "third", 0600);
	assert_int_equal(count_files(folder.path), 4);
	folder_remove(&folder);
}

static void test_a_backup_is_dropped_unless_the_file_is_new(void **state)
{
	char copy[FILE_UPDATE_COPY_MAX];
	struct folder folder;
	struct update *update;

	(void)state;
	folder_create(&folder);
	folder_write(&folder, "file", 0600, "first", 5);
	update = open_update(folder_path(&folder, "file"));
	file_update_drop_copy(update, "");
	expect_copy(update, folder_path(&folder, "file.old"), copy);
	file_update_drop_copy(update, copy);
	assert_int_equal(access(folder_path(&folder, "file.old"), F_OK), -1);
	expect_copy(update, folder_path(&folder, "file.old"), copy);
	write_update(update, "second", 0600);
	file_update_drop_copy(update, copy);
	file_update_close(&update);
	expect_file(folder_path(&folder, "file.old"), "first", 0600);
	folder_remove(&folder);
}

static void test_a_file_can_be_removed(void **state)
{
	struct problem problem = {""};
	struct folder folder;
	struct update *update;

	(void)state;
	folder_create(&folder);
	update = open_update(folder_write(&folder, "file", 0600, "old", 3));
	assert_int_equal(file_update_remove(update, &problem), 0);
	assert_int_equal(file_update_remove(update, &problem), 0);
	file_update_close(&update);
	assert_int_equal(count_files(folder.path), 0);
	folder_remove(&folder);
}

static void test_what_is_not_trusted_is_not_opened(void **state)
{
	struct folder folder;
	const char *path, *link;

	(void)state;
	folder_create(&folder);
	path = folder_write(&folder, "file", 0600, "old", 3);
	link = folder_path(&folder, "link");
	assert_int_equal(symlink(path, link), 0);
	expect_not_open(link, -EPERM, "a symbolic link is not followed");
	expect_not_open(folder_path(&folder, "none/file"), -ENOENT, "none: No such file");
	expect_not_open(
		folder_write(&folder, "open", 0622, "", 0), -EPERM, "others may write to it");
	folder_make(&folder, "loose", 0777);
	expect_not_open(folder_write(&folder, "loose/file", 0600, "", 0), -EPERM, "chmod go-w");
	expect_not_open("/tmp/pam_wechat-none", -EPERM, "others may write to its directory");
	expect_not_open("file", -EINVAL, "absolute");
	assert_int_equal(count_files(folder.path), 4);
	folder_remove(&folder);
}

static volatile sig_atomic_t caught;

static void note_signal(int number)
{
	(void)number;
	caught++;
}

static void test_signals_wait_until_the_update_is_over(void **state)
{
	static const int numbers[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
	struct folder folder;

	(void)state;
	folder_create(&folder);
	for (size_t i = 0; i < COUNT(numbers); i++) {
		struct sigaction action = {.sa_handler = note_signal}, before;
		struct update *update;
		const char *path = folder_path(&folder, "file");

		caught = 0;
		assert_int_equal(sigaction(numbers[i], &action, &before), 0);
		update = open_update(path);
		assert_int_equal(raise(numbers[i]), 0);
		write_update(update, "new", 0600);
		assert_int_equal(caught, 0);
		file_update_close(&update);
		assert_int_equal(caught, 1);
		assert_int_equal(raise(numbers[i]), 0);
		assert_int_equal(caught, 2);
		assert_int_equal(sigaction(numbers[i], &before, NULL), 0);
	}
	assert_int_equal(count_files(folder.path), 1);
	folder_remove(&folder);
}

/* Writes over the file, or puts another in its place, if there is one; it is as long. */
static void change_meanwhile(const char *path, bool in_place)
{
	int fd;

	if (!in_place)
		(void)unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "they\n", 5), 5);
	close(fd);
}

static void test_what_somebody_else_writes_meanwhile_is_kept(void **state)
{
	(void)state;
	for (int way = 0; way < 3; way++) {
		struct problem problem = {""};
		struct update *update;
		struct folder folder;
		const char *path;

		folder_create(&folder);
		path = folder_path(&folder, "file");
		/* In the third way there is no file at first. */
		if (way < 2)
			folder_write(&folder, "file", 0600, "old.\n", 5);
		update = open_update(path);
		change_meanwhile(path, way == 0);
		assert_int_equal(file_update_write(update, "we\n", 3, 0600, &problem), -ESTALE);
		assert_contains(problem.text, "somebody else has changed it");
		file_update_close(&update);
		expect_file(path, "they\n", 0600);
		assert_int_equal(count_files(folder.path), 1);
		folder_remove(&folder);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_file_gets_new_contents_and_keeps_its_mode),
		cmocka_unit_test(test_a_new_file_gets_its_mode_whatever_the_umask),
		cmocka_unit_test(test_an_update_that_writes_nothing_changes_nothing),
		cmocka_unit_test(test_what_a_death_left_behind_is_taken_away),
		cmocka_unit_test(test_a_backup_is_a_copy_of_what_was_there),
		cmocka_unit_test(test_a_backup_replaces_no_other),
		cmocka_unit_test(test_a_backup_is_dropped_unless_the_file_is_new),
		cmocka_unit_test(test_a_file_can_be_removed),
		cmocka_unit_test(test_what_is_not_trusted_is_not_opened),
		cmocka_unit_test(test_signals_wait_until_the_update_is_over),
		cmocka_unit_test(test_what_somebody_else_writes_meanwhile_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
