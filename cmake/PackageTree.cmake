# Run by CPack once the files are in the package's tree: adds what a Debian package has beside them.
cmake_minimum_required(VERSION 3.25)
set(tree ${CPACK_TEMPORARY_DIRECTORY})
set(debian ${CPACK_RF_SOURCE}/config/debian)
set(documents ${tree}/usr/share/doc/racefacer-analysis)

# The settings as .env.example has them, under a head of their own; those that the unit sets with what it says.
execute_process(COMMAND ${CPACK_RF_BINARY} --print-env-example OUTPUT_VARIABLE settings COMMAND_ERROR_IS_FATAL ANY)
file(READ ${debian}/default.head head)
string(REGEX REPLACE "^(#[^\n]*\n)+" "${head}" settings "${settings}")
file(STRINGS ${CPACK_RF_SOURCE}/config/systemd/racefacer-analysis.service given REGEX "^Environment=")
foreach(line ${given})
  string(REGEX MATCH "^Environment=([A-Z_]+)=(.*)$" line "${line}")
  string(REGEX REPLACE "\n#${CMAKE_MATCH_1}=[^\n]*" "\n#${CMAKE_MATCH_1}=${CMAKE_MATCH_2}" settings "${settings}")
endforeach()
file(WRITE ${tree}/etc/default/racefacer-analysis "${settings}")
file(CHMOD ${tree}/etc/default/racefacer-analysis PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ)

configure_file(${debian}/changelog ${documents}/changelog @ONLY)
configure_file(${debian}/overrides ${tree}/usr/share/lintian/overrides/racefacer-analysis COPYONLY)
file(COPY ${debian}/copyright ${CPACK_RF_SOURCE}/CHANGELOG.md DESTINATION ${documents})
execute_process(COMMAND gzip -9n ${documents}/changelog ${tree}/usr/share/man/man1/racefacer-analysis.1
  COMMAND_ERROR_IS_FATAL ANY)
