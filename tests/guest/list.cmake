# Programs with sanitizers reserve more memory than a guest has addresses for.
if(NOT SEATRIAL_SANITIZE)
	add_executable(slow_disk guest/slow_disk.c)
	seatrial_guest(disk)
	seatrial_guest(etcd)
	seatrial_guest(stop)
	seatrial_guest(ways)
	seatrial_guest(peer)
endif()
