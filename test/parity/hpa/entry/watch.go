// This file is laid beside a second copy of the HPA controller's package, in which every conversion of a double into a
// replica count or an average goes through here: so one sees where the double did not fit.
package podautoscaler

import "math"

var lostSize, lostStatus bool

// Overflowed tells whether a size, or only a shown number, did not fit into its integer since the last call.
func Overflowed() (size, status bool) {
	size, status = lostSize, lostStatus
	lostSize, lostStatus = false, false
	return size, status
}

// What fits is within the bounds once its fraction is cut; a NaN is neither above nor below.
func watchedSize(value float64) int32 {
	if truncated := math.Trunc(value); !(truncated >= math.MinInt32 && truncated <= math.MaxInt32) {
		lostSize = true
	}
	return int32(value)
}

func watchedStatus(value float64) int64 {
	if !(value >= math.MinInt64 && value < math.MaxInt64) {
		lostStatus = true
	}
	return int64(value)
}
