# The web page, and the document of the API: bundled and gzipped by src/dashboard/build.mjs into a C file with its bytes. npm installs what that takes,
# once for each change of the lock file.
find_program(RF_NODE node REQUIRED)
find_program(RF_NPM npm REQUIRED)

set(page ${PROJECT_SOURCE_DIR}/src/dashboard)
set(page_packages ${page}/node_modules/.lock-installed)
set(page_assets ${PROJECT_BINARY_DIR}/dashboard/assets.c)
file(GLOB_RECURSE page_sources CONFIGURE_DEPENDS ${page}/js/*.js ${page}/style/*.css)

add_custom_command(OUTPUT ${page_packages}
  COMMAND ${RF_NPM} ci --no-audit --no-fund --loglevel=error
  COMMAND ${CMAKE_COMMAND} -E copy package-lock.json ${page_packages}
  COMMAND ${CMAKE_COMMAND} -E touch ${page_packages}
  DEPENDS ${page}/package-lock.json WORKING_DIRECTORY ${page}
  COMMENT "Installing the page's npm packages" VERBATIM)
add_custom_command(OUTPUT ${page_assets}
  COMMAND ${RF_NODE} ${page}/build.mjs ${page_assets}
  DEPENDS ${page_packages} ${page}/build.mjs ${page}/index.html ${page}/icon.svg ${page_sources}
    ${PROJECT_SOURCE_DIR}/src/http/openapi.json
  COMMENT "Bundling the page" VERBATIM)

rf_module(dashboard)
target_sources(rf_dashboard PRIVATE ${page_assets})
