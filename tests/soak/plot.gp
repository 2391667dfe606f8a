# Draws the samples of a soak: gnuplot -e "samples='…'; output='…'; kind='svg' or 'png'" plot.gp
if (kind eq 'svg') { set terminal svg size 1100,1250 font 'sans-serif,13' background '#ffffff' } else {
    set terminal pngcairo size 1100,1250 font 'sans-serif,10' }
set output output
set datafile separator '\t'
set grid lc rgb '#dddddd'
set border lc rgb '#888888'
set lmargin 10
set rmargin 10
set yrange [0:*]
set y2range [0:*]
set key above right
set autoscale xfix
set multiplot layout 5,1
set ylabel 'MB'
plot samples every ::1 using ($1/60):2 with lines lc rgb '#1f77b4' title 'resident memory'
set ylabel 'count'
plot samples every ::1 using ($1/60):3 with lines lc rgb '#d62728' title 'descriptors', \
     '' every ::1 using ($1/60):4 with lines lc rgb '#7f7f7f' title 'threads'
set ylabel 'MB'
set y2label 'count'
set y2tics
plot samples every ::1 using ($1/60):6 with lines lc rgb '#2ca02c' title 'storage, MB', \
     '' every ::1 using ($1/60):7 axes x1y2 with lines lc rgb '#9467bd' title 'files', \
     '' every ::1 using ($1/60):8 axes x1y2 with lines lc rgb '#8c564b' title 'sessions'
unset y2label
unset y2tics
set ylabel '% of a core'
plot samples every ::1 using ($1/60):5 with lines lc rgb '#ff7f0e' title 'processor'
set ylabel 'ms'
set xlabel 'minutes'
plot samples every ::1 using ($1/60):9 with impulses lc rgb '#17becf' title '/health answers in'
unset multiplot
