// This file is laid beside a copy of the HPA controller's package: what a decision needs of it is not exported.
package podautoscaler

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/kubernetes/pkg/controller/util/selectors"
	"setpoint.dev/parity/world"
)

var mapper = world.Mapper()

// Decide runs the controller once in a world and tells what it did.
func Decide(ctx context.Context, w *world.World) world.Expected {
	controller := controllerIn(w)
	err := controller.reconcileAutoscaler(ctx, w.HPA, world.Key)
	return w.Answer(controller.kept(w.Now), err)
}

func controllerIn(w *world.World) *HorizontalController {
	situation, config := w.Situation(), w.Situation().Config
	pods := w.Pods()
	controller := &HorizontalController{
		scaleNamespacer:              w.Scales(),
		hpaNamespacer:                w.HPAs(),
		mapper:                       mapper,
		tolerance:                    config.Tolerance,
		eventRecorder:                w,
		downscaleStabilisationWindow: world.Age(config.DownscaleSeconds),
		monitor:                      w,
		podLister:                    pods,
		recommendations:              map[string][]timestampedRecommendation{},
		scaleUpEvents:                map[string][]timestampedScaleEvent{},
		scaleDownEvents:              map[string][]timestampedScaleEvent{},
		hpaSelectors:                 selectors.NewBiMultimap(),
		replicaCalc: NewReplicaCalculator(
			w.Metrics(), pods, world.Age(config.CPUInitializationSeconds), world.Age(config.InitialReadinessSeconds),
		),
	}
	controller.hpaSelectors.PutSelector(selectors.Parse(world.Key), labels.Nothing())
	if situation.SelectorProblem == "ambiguous" {
		rival := selectors.Key{Namespace: world.Namespace, Name: world.RivalName}
		controller.hpaSelectors.PutSelector(rival, labels.SelectorFromSet(labels.Set{"app": "target"}))
	}
	controller.remember(situation, w.Now)
	return controller
}

func (a *HorizontalController) remember(situation *world.Situation, now time.Time) {
	if situation.Recommendations != nil {
		known := []timestampedRecommendation{}
		for _, each := range situation.Recommendations {
			known = append(known, timestampedRecommendation{each.Replicas, now.Add(-world.Age(each.AgeSeconds))})
		}
		a.recommendations[world.Key] = known
	}
	a.scaleUpEvents[world.Key] = eventsBefore(situation.ScaleEvents.Up, now)
	a.scaleDownEvents[world.Key] = eventsBefore(situation.ScaleEvents.Down, now)
}

func eventsBefore(events []world.ScaleEvent, now time.Time) []timestampedScaleEvent {
	var known []timestampedScaleEvent
	for _, event := range events {
		known = append(known, timestampedScaleEvent{event.Change, now.Add(-world.Age(event.AgeSeconds)), event.Outdated})
	}
	return known
}

func (a *HorizontalController) kept(now time.Time) world.Kept {
	kept := world.Kept{
		ScaleEvents: world.ScaleEvents{
			Up: eventsAfter(a.scaleUpEvents[world.Key], now), Down: eventsAfter(a.scaleDownEvents[world.Key], now),
		},
	}
	known, exists := a.recommendations[world.Key]
	if !exists {
		return kept
	}
	kept.Recommendations = []world.Replicas{}
	for _, each := range known {
		kept.Recommendations = append(kept.Recommendations, world.Replicas{
			Replicas: each.recommendation, AgeSeconds: ageOf(each.timestamp, now),
		})
	}
	return kept
}

func eventsAfter(events []timestampedScaleEvent, now time.Time) []world.ScaleEvent {
	list := []world.ScaleEvent{}
	for _, event := range events {
		list = append(list, world.ScaleEvent{
			Change: event.replicaChange, AgeSeconds: ageOf(event.timestamp, now), Outdated: event.outdated,
		})
	}
	return list
}

// ageOf is 0 for what this decision stored, even after it waited between two attempts to write.
func ageOf(at, now time.Time) float64 {
	if at.After(now) {
		return 0
	}
	return now.Sub(at).Seconds()
}
