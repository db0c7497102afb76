#include "seqpacket.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "folder.h"
#include "problem.h"
#include "unit.h"

#define STRANGER 12345
#define SAME_GROUP ((gid_t)-1)

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

static int listen_at(const char *path)
{
	struct problem problem = {""};
	int fd = seqpacket_listen(path, SAME_GROUP, &problem);

	if (fd < 0)
		fail_msg("%s", problem.text);
	return fd;
}

static void expect_no_connection(const char *path, int error, const char *why)
{
	struct problem problem = {""};

	assert_int_equal(seqpacket_connect(path, &problem), error);
	assert_contains(problem.text, why);
}

static void expect_no_listener(const char *path, int error, const char *why)
{
	struct problem problem = {""};

	assert_int_equal(seqpacket_listen(path, SAME_GROUP, &problem), error);
	assert_contains(problem.text, why);
}

static void test_two_ends_meet(void **state)
{
	const char *path = folder_path(*state, "sock");
	struct problem problem = {""};
	int listener = listen_at(path);
	int client = seqpacket_connect(path, &problem);
	int server = accept(listener, NULL, NULL);
	uid_t uid = 4711;
	char bytes[8];

	assert_true(client >= 0);
	assert_true(server >= 0);
	assert_int_equal(fcntl(client, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(fcntl(client, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	assert_int_equal(fcntl(listener, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(fcntl(listener, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	/* Packets keep their borders. */
	assert_int_equal(send(client, "ab", 2, 0), 2);
	assert_int_equal(send(client, "cde", 3, 0), 3);
	assert_int_equal(recv(server, bytes, sizeof(bytes), 0), 2);
	assert_int_equal(recv(server, bytes, sizeof(bytes), 0), 3);
	assert_memory_equal(bytes, "cde", 3);
	assert_int_equal(seqpacket_peer(server, &uid), 0);
	assert_int_equal(uid, geteuid());
	close(client);
	close(server);
	close(listener);
}

static void test_the_peer_of_no_socket_is_an_error(void **state)
{
	uid_t uid;

	(void)state;
	assert_int_equal(seqpacket_peer(-1, &uid), -EBADF);
}

static void test_the_sockets_mode_is_0660_whatever_the_umask(void **state)
{
	static const mode_t masks[] = {0, 022, 077, 0777};
	const char *path = folder_path(*state, "sock");

	for (size_t i = 0; i < COUNT(masks); i++) {
		mode_t old = umask(masks[i]);
		int listener = listen_at(path);
		struct stat status;

		umask(old);
		assert_int_equal(stat(path, &status), 0);
		assert_true(S_ISSOCK(status.st_mode));
		assert_int_equal(status.st_mode & 07777, 0660);
		close(listener);
	}
}

static void test_the_socket_gets_its_group(void **state)
{
	const char *path = folder_path(*state, "sock");
	struct problem problem = {""};
	gid_t group = geteuid() == 0 ? STRANGER : getegid();
	int listener = seqpacket_listen(path, group, &problem);
	struct stat status;

	assert_true(listener >= 0);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_gid, group);
	assert_int_equal(status.st_mode & 07777, 0660);
	close(listener);
}

static void test_a_stale_socket_is_replaced(void **state)
{
	const char *path = folder_path(*state, "sock");
	struct problem problem = {""};
	int client;

	close(listen_at(path));
	assert_int_equal(access(path, F_OK), 0);
	expect_no_connection(path, -ECONNREFUSED, "connect");
	int listener = listen_at(path);
	client = seqpacket_connect(path, &problem);
	assert_true(client >= 0);
	close(client);
	close(listener);
}

static void test_a_second_listener_is_refused_and_the_first_goes_on(void **state)
{
	const char *path = folder_path(*state, "sock");
	struct problem problem = {""};
	int listener = listen_at(path);
	int client;

	expect_no_listener(path, -EADDRINUSE, "another helper is listening there");
	/* The probe of the second one came and went. */
	close(accept(listener, NULL, NULL));
	client = seqpacket_connect(path, &problem);
	assert_true(client >= 0);
	close(client);
	close(listener);
}

static void test_a_listener_too_busy_to_accept_is_not_replaced(void **state)
{
	const char *path = folder_path(*state, "sock");
	struct problem problem = {""};
	int listener = listen_at(path);
	int clients[300];
	size_t count = 0;

	while (count < COUNT(clients)) {
		clients[count] = seqpacket_connect(path, &problem);
		if (clients[count] < 0)
			break;
		count++;
	}
	assert_in_range(count, 1, COUNT(clients) - 1);
	assert_int_equal(clients[count], -EAGAIN);
	expect_no_listener(path, -EADDRINUSE, "another helper is listening there");
	while (count > 0)
		close(clients[--count]);
	close(listener);
}

static void test_what_is_no_socket_is_left_alone(void **state)
{
	const char *path = folder_write(*state, "file", 0600, "precious", 8);
	struct stat status;

	expect_no_listener(path, -EPERM, "not a socket");
	expect_no_connection(path, -EPERM, "not a socket");
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_size, 8);
	path = folder_make(*state, "dir", 0700);
	expect_no_listener(path, -EPERM, "not a socket");
}

static void test_a_symbolic_link_to_a_socket_is_no_socket(void **state)
{
	const char *path = folder_path(*state, "sock");
	const char *link = folder_path(*state, "link");
	int listener = listen_at(path);

	assert_int_equal(symlink(path, link), 0);
	expect_no_connection(link, -EPERM, "not a socket");
	expect_no_listener(link, -EPERM, "not a socket");
	close(listener);
}

static void test_a_socket_that_others_may_use_is_refused(void **state)
{
	static const mode_t modes[] = {0666, 0662, 0664, 0661, 0777};
	const char *path = folder_path(*state, "sock");
	int listener = listen_at(path);

	for (size_t i = 0; i < COUNT(modes); i++) {
		assert_int_equal(chmod(path, modes[i]), 0);
		expect_no_connection(path, -EPERM, "others may use it");
	}
	close(listener);
	expect_no_listener(path, -EPERM, "others may use it");
}

static void test_a_strangers_socket_is_refused(void **state)
{
	const char *path = folder_path(*state, "sock");
	int listener = listen_at(path);

	if (geteuid() != 0) {
		close(listener);
		skip();
	}
	assert_int_equal(chown(path, STRANGER, STRANGER), 0);
	expect_no_connection(path, -EPERM, "belongs to uid 12345");
	close(listener);
	expect_no_listener(path, -EPERM, "belongs to uid 12345");
	assert_int_equal(access(path, F_OK), 0);
}

static void test_the_chain_of_directories_is_judged_by_both_ends(void **state)
{
	const char *directory = folder_make(*state, "dir", 0755);
	const char *path = folder_path(*state, "dir/sock");
	int listener = listen_at(path);

	assert_int_equal(chmod(directory, 0775), 0);
	expect_no_connection(path, -EPERM, "others may write to this directory");
	close(listener);
	expect_no_listener(path, -EPERM, "others may write to this directory");
	assert_int_equal(chmod(directory, 0755), 0);
	assert_int_equal(symlink("dir", folder_path(*state, "alias")), 0);
	expect_no_connection(folder_path(*state, "alias/sock"), -EPERM, "symbolic links");
	expect_no_listener(folder_path(*state, "alias/sock"), -EPERM, "symbolic links");
}

static void test_a_missing_socket_is_said_to_be_missing(void **state)
{
	expect_no_connection(folder_path(*state, "none"), -ENOENT, "none: No such file");
	expect_no_listener(folder_path(*state, "no/sock"), -ENOENT, "/no: No such file");
}

static void test_only_absolute_paths_are_used(void **state)
{
	static const char *const paths[] = {"", "sock", "./sock", "/tmp/../tmp/sock", "/tmp/"};

	(void)state;
	for (size_t i = 0; i < COUNT(paths); i++) {
		expect_no_connection(paths[i], -EINVAL, paths[i]);
		expect_no_listener(paths[i], -EINVAL, paths[i]);
	}
}

static void test_a_path_too_long_for_a_socket_is_refused(void **state)
{
	char path[200] = "/tmp/";

	(void)state;
	memset(path + 5, 'x', sizeof(((struct sockaddr_un *)NULL)->sun_path) - 5);
	expect_no_connection(path, -ENAMETOOLONG, "at most 107 bytes");
	expect_no_listener(path, -ENAMETOOLONG, "at most 107 bytes");
}

static void test_a_socket_of_another_kind_is_not_replaced(void **state)
{
	const char *path = folder_path(*state, "stream");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int stream = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, path);
	assert_int_equal(bind(stream, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(chmod(path, 0660), 0);
	assert_int_equal(listen(stream, 1), 0);
	expect_no_connection(path, -EPROTOTYPE, "connect");
	expect_no_listener(path, -EADDRINUSE, "another helper");
	close(stream);
}

static void test_no_descriptor_is_left_open(void **state)
{
	const char *path = folder_path(*state, "sock");
	int listener = listen_at(path);
	int before = fcntl(0, F_DUPFD, 3);

	close(before);
	expect_no_listener(path, -EADDRINUSE, "another helper");
	expect_no_connection(folder_path(*state, "none"), -ENOENT, "none");
	assert_int_equal(fcntl(0, F_DUPFD, 3), before);
	close(before);
	close(listener);
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(test_two_ends_meet),
		cmocka_unit_test(test_the_peer_of_no_socket_is_an_error),
		WITH_FOLDER(test_the_sockets_mode_is_0660_whatever_the_umask),
		WITH_FOLDER(test_the_socket_gets_its_group),
		WITH_FOLDER(test_a_stale_socket_is_replaced),
		WITH_FOLDER(test_a_second_listener_is_refused_and_the_first_goes_on),
		WITH_FOLDER(test_a_listener_too_busy_to_accept_is_not_replaced),
		WITH_FOLDER(test_what_is_no_socket_is_left_alone),
		WITH_FOLDER(test_a_symbolic_link_to_a_socket_is_no_socket),
		WITH_FOLDER(test_a_socket_that_others_may_use_is_refused),
		WITH_FOLDER(test_a_strangers_socket_is_refused),
		WITH_FOLDER(test_the_chain_of_directories_is_judged_by_both_ends),
		WITH_FOLDER(test_a_missing_socket_is_said_to_be_missing),
		cmocka_unit_test(test_only_absolute_paths_are_used),
		cmocka_unit_test(test_a_path_too_long_for_a_socket_is_refused),
		WITH_FOLDER(test_a_socket_of_another_kind_is_not_replaced),
		WITH_FOLDER(test_no_descriptor_is_left_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
