;; Finds the fields of rows without quotes, 16 bytes at a time: as scan-rows.ts, whose
;; comments say what a table of fields is. Ends before the first row that is anything else.
(module
  (import "env" "memory" (memory 1))
  (global $next (export "next") (mut i32) (i32.const 0))

  (func (export "scan")
    (param $at i32) (param $until i32) (param $base i32)
    (param $delimiter i32) (param $quote i32) (param $comment i32)
    (param $width i32) (param $capacity i32)
    (param $places i32) (param $starts i32) (param $ends i32) (param $rowStarts i32)
    (result i32)
    (local $row i32) (local $column i32) (local $start i32) (local $begin i32)
    (local $mask i32) (local $pos i32) (local $byte i32) (local $end i32) (local $place i32)
    (local $delimiters v128) (local $lineFeeds v128) (local $quotes v128) (local $bytes v128)

    (local.set $start (local.get $at))
    (local.set $begin (local.get $at))
    (global.set $next (local.get $at))
    (local.set $delimiters (i8x16.splat (local.get $delimiter)))
    (local.set $lineFeeds (i8x16.splat (i32.const 10)))
    (local.set $quotes (i8x16.splat (local.get $quote)))
    (if (i32.ge_u (local.get $at) (local.get $until)) (then (return (i32.const 0))))
    (if (i32.eq (i32.load8_u (local.get $at)) (local.get $comment))
      (then (return (i32.const 0))))

    (loop $blocks
      (local.set $bytes (v128.load (local.get $at)))
      (local.set $mask
        (i8x16.bitmask
          (v128.or
            (v128.or
              (i8x16.eq (local.get $bytes) (local.get $delimiters))
              (i8x16.eq (local.get $bytes) (local.get $lineFeeds)))
            (i8x16.eq (local.get $bytes) (local.get $quotes)))))
      (block $done
        (loop $bits
          (br_if $done (i32.eqz (local.get $mask)))
          (local.set $pos (i32.add (local.get $at) (i32.ctz (local.get $mask))))
          (local.set $mask (i32.and (local.get $mask) (i32.sub (local.get $mask) (i32.const 1))))
          (local.set $byte (i32.load8_u (local.get $pos)))
          (local.set $end (local.get $pos))

          (if (i32.eq (local.get $byte) (i32.const 10))
            (then
              ;; A carriage return before a line feed is part of the line end.
              (if (i32.and
                    (i32.gt_u (local.get $end) (local.get $start))
                    (i32.eq (i32.load8_u (i32.sub (local.get $end) (i32.const 1))) (i32.const 13)))
                (then (local.set $end (i32.sub (local.get $end) (i32.const 1)))))
              ;; An empty line is no row, but in a file of one column.
              (if (i32.and
                    (i32.and
                      (i32.eqz (local.get $column))
                      (i32.eq (local.get $end) (local.get $begin)))
                    (i32.ne (local.get $width) (i32.const 1)))
                (then
                  (local.set $start (i32.add (local.get $pos) (i32.const 1)))
                  (local.set $begin (local.get $start))
                  (global.set $next (local.get $begin))
                  (if (i32.ge_u (local.get $begin) (local.get $until))
                    (then (return (local.get $row))))
                  (if (i32.eq (i32.load8_u (local.get $begin)) (local.get $comment))
                    (then (return (local.get $row))))
                  (br $bits))))
            (else
              (if (i32.ne (local.get $byte) (local.get $delimiter))
                (then
                  ;; A quote has a meaning at the beginning of a field alone.
                  (if (i32.and
                        (i32.eq (local.get $byte) (local.get $quote))
                        (i32.eq (local.get $pos) (local.get $start)))
                    (then (return (local.get $row))))
                  (br $bits)))))

          (if (i32.lt_u (local.get $column) (local.get $width))
            (then
              (local.set $place
                (i32.load
                  (i32.add (local.get $places) (i32.shl (local.get $column) (i32.const 2)))))
              (if (i32.ge_s (local.get $place) (i32.const 0))
                (then
                  (local.set $place
                    (i32.shl (i32.add (local.get $place) (local.get $row)) (i32.const 2)))
                  (i32.store
                    (i32.add (local.get $starts) (local.get $place))
                    (i32.sub (local.get $start) (local.get $base)))
                  (i32.store
                    (i32.add (local.get $ends) (local.get $place))
                    (i32.sub (local.get $end) (local.get $base)))))))
          (local.set $column (i32.add (local.get $column) (i32.const 1)))
          (local.set $start (i32.add (local.get $pos) (i32.const 1)))
          (br_if $bits (i32.ne (local.get $byte) (i32.const 10)))

          (if (i32.ne (local.get $column) (local.get $width))
            (then (return (local.get $row))))
          (i32.store
            (i32.add (local.get $rowStarts) (i32.shl (local.get $row) (i32.const 2)))
            (i32.sub (local.get $begin) (local.get $base)))
          (local.set $row (i32.add (local.get $row) (i32.const 1)))
          (local.set $column (i32.const 0))
          (local.set $begin (local.get $start))
          (global.set $next (local.get $begin))
          (if (i32.or
                (i32.eq (local.get $row) (local.get $capacity))
                (i32.ge_u (local.get $begin) (local.get $until)))
            (then (return (local.get $row))))
          (if (i32.eq (i32.load8_u (local.get $begin)) (local.get $comment))
            (then (return (local.get $row))))
          (br $bits)))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (br $blocks))
    (unreachable)))
