/* descriptors.h - room for connections among the descriptors the process may open. */
#ifndef RF_HTTP_DESCRIPTORS_H
#define RF_HTTP_DESCRIPTORS_H

/* Raises the process's own limit as far as these connections need and the system lets it, and returns how
 * many of them fit, at least 1. Some are left for files and the feed: a server full of connections must still
 * be able to save. */
int rf_descriptors_for(int connections);

#endif
