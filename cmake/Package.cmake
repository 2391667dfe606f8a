# The Debian package, by CPack; script/package makes it. What Debian alone wants is in config/debian, and is put into
# the tree by PackageTree.cmake.
set(debian ${PROJECT_SOURCE_DIR}/config/debian)
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "RaceFacer Analysis Server contributors <racefacer-analysis@users.noreply.github.com>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "follows RaceFacer live timing and answers over HTTP")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Kart venues run RaceFacer timing. This server listens to its live feed around
the clock, follows every lap of every kart, and serves the race that is on and
those before, analysed: as a web page, as JSON and as a stream of events.
.
It runs as a service with a user of its own; a lap is on disk before anybody
is served it.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# libwebsockets17 loads its plugin for libuv, and does not depend on it; wss needs the certificates; systemd-sysusers
# makes the user.
string(JOIN ", " CPACK_DEBIAN_PACKAGE_DEPENDS libwebsockets-evlib-uv ca-certificates "init-system-helpers (>= 1.52)"
  "systemd | systemd-standalone-sysusers | systemd-sysusers")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${debian}/conffiles ${debian}/postinst ${debian}/prerm ${debian}/postrm)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS # whatever the builder's umask is
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_INSTALL_CMAKE_PROJECTS
  ${PROJECT_BINARY_DIR} ${PROJECT_NAME} runtime / ${PROJECT_BINARY_DIR} ${PROJECT_NAME} host /)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/PackageTree.cmake)
set(CPACK_RF_SOURCE ${PROJECT_SOURCE_DIR})
set(CPACK_RF_BINARY ${PROJECT_BINARY_DIR}/racefacer-analysis)
include(CPack)
