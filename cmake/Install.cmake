# What goes onto a host, in components: `runtime` is the program, all that an image takes; `host` is for people and for
# systemd; `licence` is left out where another file says the same.
install(TARGETS racefacer-analysis COMPONENT runtime)
install(FILES docs/man/racefacer-analysis.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT host)
# systemd looks into /usr/lib and /usr/local/lib for both, whatever the folder of libraries is called.
install(FILES config/systemd/racefacer-analysis.service DESTINATION lib/systemd/system COMPONENT host)
install(FILES config/systemd/racefacer-analysis.sysusers DESTINATION lib/sysusers.d
        RENAME racefacer-analysis.conf COMPONENT host)
file(GLOB documents CONFIGURE_DEPENDS docs/*.md)
install(FILES README.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT host)
install(FILES ${documents} DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs COMPONENT host)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT licence)
