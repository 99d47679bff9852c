# TD_ADD_FLAGS(VARIABLE, FLAGS)
# Appends to VARIABLE each of FLAGS that the compiler takes without a warning.
# The user's own CFLAGS are never edited: they come later and win.
AC_DEFUN([TD_ADD_FLAGS],
[for td_flag in m4_normalize([$2]); do
td_save_CFLAGS=$CFLAGS
CFLAGS="$CFLAGS -Werror $td_flag"
AC_MSG_CHECKING([whether $CC accepts $td_flag])
AC_LINK_IFELSE([AC_LANG_PROGRAM],
  [AC_MSG_RESULT([yes])
   AS_VAR_APPEND([$1], [" $td_flag"])],
  [AC_MSG_RESULT([no])])
CFLAGS=$td_save_CFLAGS
done
AC_SUBST([$1])])

# TD_NEED(PREFIX, MODULE, DEBIAN-PACKAGE)
# A missing library stops configure with the name of the package to install.
AC_DEFUN([TD_NEED],
[PKG_CHECK_MODULES([$1], [$2], [],
  [AC_MSG_ERROR([$2 is missing; on Debian: apt-get install $3])])])
