/* temp_folder.h - a folder of its own for a test, and plain ways to put files into it. Link-free: static
 * functions. */
#ifndef RACEFACER_TESTS_TEMP_FOLDER_H
#define RACEFACER_TESTS_TEMP_FOLDER_H

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct temp_folder {
    char path[64];
    char joined[8][512]; /* eight paths may be in use at once */
    int next;
};

static inline void temp_folder_make(struct temp_folder *folder)
{
    memset(folder, 0, sizeof *folder);
    snprintf(folder->path, sizeof folder->path, "/tmp/racefacer-test-XXXXXX");
    if (mkdtemp(folder->path) == NULL) {
        perror("mkdtemp");
        exit(1);
    }
}

static inline int temp_folder_remove_one(
    const char *path, const struct stat *status, int kind, struct FTW *at)
{
    (void)status;
    (void)kind;
    (void)at;
    return remove(path);
}

static inline void temp_folder_remove(struct temp_folder *folder)
{
    (void)nftw(folder->path, temp_folder_remove_one, 16,
        FTW_DEPTH | FTW_PHYS); /* a leftover in /tmp is no failure */
}

static inline const char *temp_path(struct temp_folder *folder, const char *name)
{
    char *out = folder->joined[folder->next++ % 8];
    size_t len = strlen(folder->path), name_len = strlen(name);
    if (len + name_len + 2 > sizeof folder->joined[0]) {
        fprintf(stderr, "too long a name for a test: %s\n", name);
        exit(1);
    }
    memcpy(out, folder->path, len);
    out[len] = '/';
    memcpy(out + len + 1, name, name_len + 1);
    return out;
}

static inline const char *temp_write(struct temp_folder *folder, const char *name, const char *text)
{
    const char *path = temp_path(folder, name);
    FILE *file = fopen(path, "w");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0) {
        perror(path);
        exit(1);
    }
    return path;
}

/* The whole file as a string the caller frees; NULL where there is none. */
static inline char *temp_read(const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return NULL;
    char *text = NULL;
    size_t cap = 0;
    if (getdelim(&text, &cap, '\0', file) < 0 && text != NULL)
        text[0] = '\0';
    fclose(file);
    return text;
}

/* How many files in it (not in folders below) have `part` in their name; `last`, if not NULL, gets one of
 * them. */
static inline int temp_count(const struct temp_folder *folder, const char *part, char last[256])
{
    DIR *dir = opendir(folder->path);
    int count = 0;
    for (struct dirent *entry = dir == NULL ? NULL : readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (entry->d_name[0] == '.' && (entry->d_name[1] == '\0' || strcmp(entry->d_name, "..") == 0))
            continue;
        if (strstr(entry->d_name, part) == NULL)
            continue;
        count++;
        if (last != NULL)
            snprintf(last, 256, "%s", entry->d_name);
    }
    if (dir != NULL)
        closedir(dir);
    return count;
}

#endif
