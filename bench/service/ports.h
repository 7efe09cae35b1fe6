/*
 * ports: those that flows begin from, one after another, whoever they are of. With one that
 * conntrack still remembers, the first packet of a flow would be taken for a later one.
 */
#pragma once

/* Binds a socket of IPv4 to the next port that is free, of any address. 0 or a negative errno. One
 * thread at a time. */
int ports_bind_next(int socket);
