/* faults.h - disks that fail and a thread pool that gets nowhere. */
#ifndef TESTS_STORE_FAULTS_H
#define TESTS_STORE_FAULTS_H

#include "fixture.h"

#include <semaphore.h>
#include <signal.h>
#include <sys/resource.h>

#define POOL 4 /* libuv's threads */

/* Keeps the whole thread pool busy, so that saves are under way without getting anywhere. */
struct jam {
    uv_work_t work[POOL];
    sem_t gate;
    int left;
};

static inline void wait_at_gate(uv_work_t *work)
{
    struct jam *jam = work->data;
    while (sem_wait(&jam->gate) != 0)
        continue;
}

static inline void passed(uv_work_t *work, int status)
{
    struct jam *jam = work->data;
    assert_int_equal(status, 0);
    jam->left--;
}

static inline void jam_pool(struct fixture *fixture, struct jam *jam)
{
    assert_int_equal(sem_init(&jam->gate, 0, 0), 0);
    jam->left = POOL;
    for (int i = 0; i < POOL; i++) {
        jam->work[i].data = jam;
        assert_int_equal(uv_queue_work(&fixture->loop, &jam->work[i], wait_at_gate, passed), 0);
    }
}

static inline void unjam(struct fixture *fixture, struct jam *jam)
{
    for (int i = 0; i < POOL; i++)
        assert_int_equal(sem_post(&jam->gate), 0);
    while (jam->left > 0)
        uv_run(&fixture->loop, UV_RUN_ONCE);
    assert_int_equal(sem_destroy(&jam->gate), 0);
}

static inline void break_folder(struct fixture *fixture, const char *name)
{
    char away[600];
    (void)snprintf(away, sizeof away, "%s.away", at(fixture, name));
    assert_int_equal(rename(at(fixture, name), away), 0);
    put_file(fixture, name, "a file in the folder's place");
}

static inline void mend_folder(struct fixture *fixture, const char *name)
{
    char away[600];
    (void)snprintf(away, sizeof away, "%s.away", at(fixture, name));
    assert_int_equal(unlink(at(fixture, name)), 0);
    assert_int_equal(rename(away, at(fixture, name)), 0);
}

/* Writes past this many bytes of a file fail, as on a full disk. Gives the limit to go back to. */
static inline struct rlimit limit_files_to(rlim_t bytes)
{
    struct rlimit before, tight;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    tight = before;
    tight.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    return before;
}

#endif
