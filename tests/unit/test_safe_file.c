#include "safe_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "folder.h"
#include "problem.h"
#include "secret.h"
#include "unit.h"

#define STRANGER 12345

static int set_up(void **state)
{
	static struct folder folder;

	folder_create(&folder);
	*state = &folder;
	return 0;
}

static int tear_down(void **state)
{
	folder_remove(*state);
	return 0;
}

/* Expects that a file is refused with this error, and that the sentence names it and says why. */
static void expect_refused(const char *path, enum safe_file_kind kind, int error, const char *why)
{
	struct problem problem = {""};
	int fd = safe_file_open(path, kind, &problem);

	if (fd != error)
		fail_msg("%s: %d instead of %d (%s)", path, fd, error, problem.text);
	assert_contains(problem.text, why);
}

static void expect_opened(const char *path, enum safe_file_kind kind)
{
	struct problem problem = {""};
	int fd = safe_file_open(path, kind, &problem);

	if (fd < 0)
		fail_msg("%s: %d (%s)", path, fd, problem.text);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	close(fd);
}

static void test_modes_decide_who_else_may_do_what(void **state)
{
	static const struct {
		mode_t mode;
		bool public_opens, secret_opens;
	} rows[] = {
		{0600, true, true},
		{0400, true, true},
		{0700, true, true},
		{0711, true, true},
		{0640, true, false},
		{0604, true, false},
		{0644, true, false},
		{0444, true, false},
		{0620, false, false},
		{0602, false, false},
		{0666, false, false},
		{0664, false, false},
	};
	struct folder *folder = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *path = folder_write(folder, "file", rows[i].mode, "x", 1);

		if (rows[i].public_opens)
			expect_opened(path, SAFE_FILE_PUBLIC);
		else
			expect_refused(path, SAFE_FILE_PUBLIC, -EPERM, "others may write to it");
		if (rows[i].secret_opens)
			expect_opened(path, SAFE_FILE_SECRET);
		else
			expect_refused(path, SAFE_FILE_SECRET, -EPERM, "others may");
		assert_int_equal(unlink(path), 0);
	}
}

static void test_a_missing_file_is_said_to_be_missing(void **state)
{
	struct folder *folder = *state;

	expect_refused(
		folder_path(folder, "none"), SAFE_FILE_PUBLIC, -ENOENT, "none: No such file");
	expect_refused(folder_path(folder, "no/file"), SAFE_FILE_PUBLIC, -ENOENT, "/no: No such");
}

static void test_a_symbolic_link_is_not_followed(void **state)
{
	struct folder *folder = *state;
	const char *file = folder_write(folder, "file", 0600, "x", 1);
	const char *link = folder_path(folder, "link");

	assert_int_equal(symlink(file, link), 0);
	expect_refused(link, SAFE_FILE_PUBLIC, -EPERM, "symbolic link");
	assert_int_equal(unlink(link), 0);
	assert_int_equal(symlink("/nowhere", link), 0);
	expect_refused(link, SAFE_FILE_PUBLIC, -EPERM, "symbolic link");
}

static void test_a_symbolic_link_in_the_chain_is_not_followed(void **state)
{
	struct folder *folder = *state;

	folder_make(folder, "real", 0755);
	folder_write(folder, "real/file", 0600, "x", 1);
	expect_opened(folder_path(folder, "real/file"), SAFE_FILE_PUBLIC);
	assert_int_equal(symlink("real", folder_path(folder, "alias")), 0);
	expect_refused(
		folder_path(folder, "alias/file"), SAFE_FILE_PUBLIC, -EPERM, "symbolic links");
}

static void test_a_file_in_place_of_a_directory_is_refused(void **state)
{
	struct folder *folder = *state;

	folder_write(folder, "file", 0600, "x", 1);
	expect_refused(folder_path(folder, "file/x"), SAFE_FILE_PUBLIC, -EPERM, "not a directory");
}

static void test_a_directory_is_no_file(void **state)
{
	struct folder *folder = *state;

	expect_refused(
		folder_make(folder, "dir", 0700), SAFE_FILE_PUBLIC, -EPERM, "not a regular file");
}

static void test_a_fifo_does_not_hang(void **state)
{
	struct folder *folder = *state;
	const char *path = folder_path(folder, "fifo");

	assert_int_equal(mkfifo(path, 0600), 0);
	alarm(5);
	expect_refused(path, SAFE_FILE_SECRET, -EPERM, "not a regular file");
	alarm(0);
}

static void test_a_socket_is_no_file(void **state)
{
	struct folder *folder = *state;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = folder_path(folder, "socket");
	struct problem problem = {""};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_true(safe_file_open(path, SAFE_FILE_PUBLIC, &problem) < 0);
	close(fd);
}

static void test_a_device_is_no_file(void **state)
{
	(void)state;
	expect_refused("/dev/null", SAFE_FILE_PUBLIC, -EPERM, "not a regular file");
}

static void test_paths_are_absolute_and_plain(void **state)
{
	static const char *const paths[] = {"", "file", "./file", "../file", "/", "/tmp/", "/tmp/.",
		"/tmp/..", "//tmp/file", "/tmp//file", "/./tmp/file", "/tmp/../tmp/file",
		"/tmp/./file"};
	struct problem problem = {""};
	const char *name = NULL;

	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		expect_refused(paths[i], SAFE_FILE_PUBLIC, -EINVAL, paths[i]);
		assert_int_equal(safe_file_open_directory_of(paths[i], &name, &problem), -EINVAL);
	}
}

static void test_a_name_that_no_file_has_is_refused(void **state)
{
	char path[600] = "/";
	struct problem problem = {""};

	(void)state;
	memset(path + 1, 'x', 300);
	assert_int_equal(safe_file_open(path, SAFE_FILE_PUBLIC, &problem), -ENAMETOOLONG);
	strcpy(path + 301, "/file");
	assert_int_equal(safe_file_open(path, SAFE_FILE_PUBLIC, &problem), -ENAMETOOLONG);
	assert_contains(problem.text, "too long");
}

static void test_a_directory_that_others_may_write_to_is_refused(void **state)
{
	static const mode_t modes[] = {0770, 0707, 0777, 0720, 0702};
	struct folder *folder = *state;
	const char *directory = folder_make(folder, "dir", 0755);
	const char *path = folder_write(folder, "dir/file", 0600, "x", 1);

	expect_opened(path, SAFE_FILE_SECRET);
	for (size_t i = 0; i < COUNT(modes); i++) {
		assert_int_equal(chmod(directory, modes[i]), 0);
		expect_refused(
			path, SAFE_FILE_SECRET, -EPERM, "others may write to this directory");
	}
}

static void test_a_bad_directory_far_above_is_refused_as_well(void **state)
{
	struct folder *folder = *state;
	const char *top = folder_make(folder, "a", 0755);
	const char *path;

	folder_make(folder, "a/b", 0755);
	folder_make(folder, "a/b/c", 0755);
	path = folder_write(folder, "a/b/c/file", 0600, "x", 1);
	expect_opened(path, SAFE_FILE_SECRET);
	assert_int_equal(chmod(top, 0777), 0);
	expect_refused(path, SAFE_FILE_SECRET, -EPERM, "/a: others may write");
}

/* /tmp, which every test of this file lives below, is one; a user's own is not. */
static void test_a_sticky_directory_is_trusted_if_it_is_roots(void **state)
{
	struct folder *folder = *state;
	const char *directory = folder_make(folder, "sticky", 01777);
	const char *path = folder_write(folder, "sticky/file", 0600, "x", 1);

	if (geteuid() == 0) {
		expect_opened(path, SAFE_FILE_SECRET);
		assert_int_equal(chown(directory, STRANGER, STRANGER), 0);
		assert_int_equal(chmod(directory, 01777), 0);
		expect_refused(path, SAFE_FILE_SECRET, -EPERM, "belongs to uid 12345");
	} else {
		expect_refused(
			path, SAFE_FILE_SECRET, -EPERM, "others may write to this directory");
	}
}

static void test_a_strangers_file_is_refused(void **state)
{
	struct folder *folder = *state;
	const char *path = folder_write(folder, "file", 0600, "x", 1);

	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(path, STRANGER, STRANGER), 0);
	expect_refused(path, SAFE_FILE_PUBLIC, -EPERM, "belongs to uid 12345");
	expect_refused(path, SAFE_FILE_SECRET, -EPERM, "belongs to uid 12345");
}

static void test_a_strangers_directory_is_refused(void **state)
{
	struct folder *folder = *state;
	const char *directory = folder_make(folder, "dir", 0755);
	const char *path = folder_write(folder, "dir/file", 0600, "x", 1);

	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(directory, STRANGER, STRANGER), 0);
	expect_refused(path, SAFE_FILE_SECRET, -EPERM,
		"/dir: this directory belongs to uid 12345; it must belong to root");
}

/* It is the effective uid that counts: su's real one is another. */
static void test_files_of_root_and_of_the_effective_user_are_trusted(void **state)
{
	struct folder *folder = *state;
	const char *own, *roots, *others;

	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(folder->path, 0755), 0);
	own = folder_write(folder, "own", 0600, "x", 1);
	assert_int_equal(chown(own, STRANGER, STRANGER), 0);
	roots = folder_write(folder, "roots", 0644, "x", 1);
	others = folder_write(folder, "others", 0644, "x", 1);
	assert_int_equal(chown(others, STRANGER + 1, STRANGER), 0);
	assert_int_equal(seteuid(STRANGER), 0);
	expect_opened(own, SAFE_FILE_SECRET);
	expect_opened(roots, SAFE_FILE_PUBLIC);
	expect_refused(others, SAFE_FILE_PUBLIC, -EPERM, "belongs to uid 12346");
	assert_int_equal(seteuid(0), 0);
}

static void test_a_file_one_may_not_read_is_said_to_be_so(void **state)
{
	struct folder *folder = *state;
	const char *path = folder_write(folder, "file", 0000, "x", 1);

	if (geteuid() == 0) {
		assert_int_equal(chmod(folder->path, 0755), 0);
		assert_int_equal(seteuid(STRANGER), 0);
	}
	expect_refused(path, SAFE_FILE_SECRET, -EACCES, "Permission denied");
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
}

static void test_the_directory_comes_with_the_last_name(void **state)
{
	struct folder *folder = *state;
	const char *path = folder_path(folder, "not-there-yet");
	struct problem problem = {""};
	const char *name = NULL;
	struct stat seen, status;
	int fd = safe_file_open_directory_of(path, &name, &problem);

	assert_true(fd >= 0);
	assert_string_equal(name, "not-there-yet");
	assert_int_equal(fstat(fd, &seen), 0);
	assert_int_equal(stat(folder->path, &status), 0);
	assert_int_equal(seen.st_ino, status.st_ino);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	close(fd);
}

static void test_programs_are_judged_like_files(void **state)
{
	static const struct {
		mode_t mode;
		int error;
		const char *why;
	} rows[] = {
		{0755, 0, ""},
		{0700, 0, ""},
		{0644, -EACCES, "not executable"},
		{0775, -EPERM, "others may write"},
		{0757, -EPERM, "others may write"},
	};
	struct folder *folder = *state;
	struct problem problem = {""};
	const char *path = NULL;
	int fd;

	for (size_t i = 0; i < COUNT(rows); i++) {
		path = folder_write(folder, "program", rows[i].mode, "#!/bin/true\n", 12);
		fd = safe_file_open_program(path, &problem);
		if (rows[i].error == 0) {
			assert_true(fd >= 0);
			assert_int_equal(fcntl(fd, F_GETFL) & O_PATH, O_PATH);
			assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
			close(fd);
		} else {
			assert_int_equal(fd, rows[i].error);
			assert_contains(problem.text, rows[i].why);
		}
	}
	assert_int_equal(chmod(path, 0755), 0);
	assert_int_equal(symlink(path, folder_path(folder, "link")), 0);
	assert_int_equal(safe_file_open_program(folder_path(folder, "link"), &problem), -EPERM);
	assert_contains(problem.text, "symbolic link");
	assert_int_equal(safe_file_open_program(folder->path, &problem), -EPERM);
	assert_contains(problem.text, "not a regular file");
	if (geteuid() == 0) {
		assert_int_equal(chown(path, STRANGER, STRANGER), 0);
		assert_int_equal(safe_file_open_program(path, &problem), -EPERM);
		assert_contains(problem.text, "belongs to uid 12345");
	}
}

static void test_reading_gives_every_byte_and_a_nul(void **state)
{
	struct folder *folder = *state;
	const char *path = folder_write(folder, "file", 0600, "a\0b\n", 4);
	struct secret *contents = NULL;
	struct problem problem = {""};

	assert_int_equal(safe_file_read(path, SAFE_FILE_SECRET, 100, &contents, &problem), 0);
	assert_int_equal(contents->size, 5);
	assert_memory_equal(contents->bytes, "a\0b\n\0", 5);
	secret_free(&contents);
	path = folder_write(folder, "empty", 0600, "", 0);
	assert_int_equal(safe_file_read(path, SAFE_FILE_SECRET, 100, &contents, &problem), 0);
	assert_int_equal(contents->size, 1);
	assert_int_equal(contents->bytes[0], '\0');
	secret_free(&contents);
}

static void test_reading_ends_at_the_limit(void **state)
{
	struct folder *folder = *state;
	const char *path = folder_write(folder, "file", 0600, "0123456789", 10);
	struct secret *contents = NULL;
	struct problem problem = {""};

	assert_int_equal(safe_file_read(path, SAFE_FILE_SECRET, 10, &contents, &problem), 0);
	assert_string_equal(contents->bytes, "0123456789");
	secret_free(&contents);
	assert_int_equal(safe_file_read(path, SAFE_FILE_SECRET, 9, &contents, &problem), -EFBIG);
	assert_null(contents);
	assert_contains(problem.text, "larger than 9 bytes");
}

static void test_reading_what_is_not_trusted_gives_nothing(void **state)
{
	struct folder *folder = *state;
	const char *path = folder_write(folder, "file", 0644, "x", 1);
	struct secret *contents = (struct secret *)(void *)folder;
	struct problem problem = {""};

	assert_int_equal(safe_file_read(path, SAFE_FILE_SECRET, 10, &contents, &problem), -EPERM);
	assert_null(contents);
	assert_contains(problem.text, "others may read it: chmod 600");
}

static int count_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void test_no_descriptor_is_left_open(void **state)
{
	struct folder *folder = *state;
	const char *bad = folder_write(folder, "bad", 0666, "x", 1);
	const char *good = folder_write(folder, "good", 0600, "x", 1);
	int before = count_descriptors();
	struct secret *contents = NULL;
	struct problem problem = {""};

	assert_true(safe_file_open(bad, SAFE_FILE_PUBLIC, &problem) < 0);
	assert_true(safe_file_open("/no/such/file", SAFE_FILE_PUBLIC, &problem) < 0);
	assert_true(safe_file_open("/tmp/./x", SAFE_FILE_PUBLIC, &problem) < 0);
	assert_true(safe_file_open_program(good, &problem) < 0);
	assert_int_equal(safe_file_read(good, SAFE_FILE_SECRET, 10, &contents, &problem), 0);
	secret_free(&contents);
	assert_int_equal(safe_file_read(good, SAFE_FILE_SECRET, 0, &contents, &problem), -EFBIG);
	assert_int_equal(count_descriptors(), before);
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(test_modes_decide_who_else_may_do_what),
		WITH_FOLDER(test_a_missing_file_is_said_to_be_missing),
		WITH_FOLDER(test_a_symbolic_link_is_not_followed),
		WITH_FOLDER(test_a_symbolic_link_in_the_chain_is_not_followed),
		WITH_FOLDER(test_a_file_in_place_of_a_directory_is_refused),
		WITH_FOLDER(test_a_directory_is_no_file),
		WITH_FOLDER(test_a_fifo_does_not_hang),
		WITH_FOLDER(test_a_socket_is_no_file),
		cmocka_unit_test(test_a_device_is_no_file),
		cmocka_unit_test(test_paths_are_absolute_and_plain),
		cmocka_unit_test(test_a_name_that_no_file_has_is_refused),
		WITH_FOLDER(test_a_directory_that_others_may_write_to_is_refused),
		WITH_FOLDER(test_a_bad_directory_far_above_is_refused_as_well),
		WITH_FOLDER(test_a_sticky_directory_is_trusted_if_it_is_roots),
		WITH_FOLDER(test_a_strangers_file_is_refused),
		WITH_FOLDER(test_a_strangers_directory_is_refused),
		WITH_FOLDER(test_files_of_root_and_of_the_effective_user_are_trusted),
		WITH_FOLDER(test_a_file_one_may_not_read_is_said_to_be_so),
		WITH_FOLDER(test_the_directory_comes_with_the_last_name),
		WITH_FOLDER(test_programs_are_judged_like_files),
		WITH_FOLDER(test_reading_gives_every_byte_and_a_nul),
		WITH_FOLDER(test_reading_ends_at_the_limit),
		WITH_FOLDER(test_reading_what_is_not_trusted_gives_nothing),
		WITH_FOLDER(test_no_descriptor_is_left_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
