# What is installed beside the programs, and the Debian package: cpack -G DEB.

install(DIRECTORY harness/profiles/ DESTINATION ${CMAKE_INSTALL_DATADIR}/seatrial/profiles
	FILES_MATCHING PATTERN "*.json")
install(DIRECTORY results/schema/ DESTINATION ${CMAKE_INSTALL_DATADIR}/seatrial/schema
	FILES_MATCHING PATTERN "*.json")
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME seatrial)
set(CPACK_PACKAGE_VENDOR "seatrial authors")
set(CPACK_PACKAGE_CONTACT "seatrial authors <maintainers@seatrial.example>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
	OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/debian/stage.cmake)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "gnuplot-nox | gnuplot, iproute2, ethtool, nftables, iptables, ipset, ipvsadm")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "weasyprint, wireguard-tools, openssh-client, minisign")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
# The synopsis is the project's description.
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Benchmark programs measure what Kubernetes depends on, such as the latency
of durable writes that etcd waits for, each with its confidence interval.
A harness runs them, keeps their JSON results, judges them by profiles of
requirements, and writes a report as HTML or PDF.")
include(CPack)
