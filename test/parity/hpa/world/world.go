package world

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"
	"time"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	v1 "k8s.io/api/core/v1"
	k8serrors "k8s.io/apimachinery/pkg/api/errors"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	autoscalingclient "k8s.io/client-go/kubernetes/typed/autoscaling/v2"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/restmapper"
	scaleclient "k8s.io/client-go/scale"
	"k8s.io/kubernetes/pkg/controller/podautoscaler/monitor"
)

// World is everything outside the controller while it decides once, and what the controller did to it.
type World struct {
	Now time.Time
	HPA *autoscalingv2.HorizontalPodAutoscaler

	situation *Situation
	pods      []*v1.Pod
	ticked    bool
	computed  int
	conflicts int
	written   *int32
	status    *autoscalingv2.HorizontalPodAutoscalerStatus
	events    []Event
	action    monitor.ActionLabel
	failure   monitor.ErrorLabel
}

// New makes the world of a situation at the moment `now`.
func New(situation *Situation, now time.Time) *World {
	world := &World{Now: now, HPA: hpaOf(situation), situation: situation, conflicts: situation.UpdateScaleConflicts}
	for index := range situation.Pods {
		world.pods = append(world.pods, podOf(index, &situation.Pods[index], now))
	}
	return world
}

// Situation is what this world was made of.
func (w *World) Situation() *Situation { return w.situation }

// Mapper is the controller manager's, for an API server on which one kind can be scaled.
func Mapper() apimeta.RESTMapper {
	version := metav1.GroupVersionForDiscovery{GroupVersion: "apps/v1", Version: "v1"}
	return restmapper.NewDiscoveryRESTMapper([]*restmapper.APIGroupResources{{
		Group: metav1.APIGroup{
			Name: "apps", Versions: []metav1.GroupVersionForDiscovery{version}, PreferredVersion: version,
		},
		VersionedResources: map[string][]metav1.APIResource{
			"v1": {{Name: "deployments", SingularName: "deployment", Namespaced: true, Kind: "Deployment"}},
		},
	}})
}

// Scales is the scale client.
func (w *World) Scales() scaleclient.ScalesGetter { return scales{world: w} }

type scales struct {
	scaleclient.ScaleInterface
	world *World
}

func (s scales) Scales(string) scaleclient.ScaleInterface { return s }

func (s scales) Get(context.Context, schema.GroupResource, string, metav1.GetOptions) (*autoscalingv1.Scale, error) {
	situation := s.world.situation
	if situation.GetScaleError != "" {
		return nil, errors.New(situation.GetScaleError)
	}
	selector := Selector
	switch situation.SelectorProblem {
	case "missing":
		selector = ""
	case "unparsable":
		selector = "cheddar cheese"
	}
	status := situation.SpecReplicas
	if situation.StatusReplicas != nil {
		status = *situation.StatusReplicas
	}
	return &autoscalingv1.Scale{
		ObjectMeta: metav1.ObjectMeta{Namespace: Namespace, Name: TargetName},
		Spec:       autoscalingv1.ScaleSpec{Replicas: situation.SpecReplicas},
		Status:     autoscalingv1.ScaleStatus{Replicas: status, Selector: selector},
	}, nil
}

func (s scales) Update(_ context.Context, resource schema.GroupResource, scale *autoscalingv1.Scale, _ metav1.UpdateOptions) (*autoscalingv1.Scale, error) {
	if text := s.world.situation.UpdateScaleError; text != "" {
		return nil, errors.New(text)
	}
	if s.world.conflicts > 0 {
		s.world.conflicts--
		return nil, k8serrors.NewConflict(resource, TargetName, errors.New("the object has been modified"))
	}
	replicas := scale.Spec.Replicas
	s.world.written = &replicas
	return scale, nil
}

// HPAs is the client that writes the status.
func (w *World) HPAs() autoscalingclient.HorizontalPodAutoscalersGetter { return hpas{world: w} }

type hpas struct {
	autoscalingclient.HorizontalPodAutoscalerInterface
	world *World
}

func (h hpas) HorizontalPodAutoscalers(string) autoscalingclient.HorizontalPodAutoscalerInterface {
	return h
}

func (h hpas) UpdateStatus(_ context.Context, hpa *autoscalingv2.HorizontalPodAutoscaler, _ metav1.UpdateOptions) (*autoscalingv2.HorizontalPodAutoscaler, error) {
	if text := h.world.situation.UpdateStatusError; text != "" {
		return nil, errors.New(text)
	}
	h.world.status = hpa.Status.DeepCopy()
	return hpa, nil
}

// Pods is the lister: it answers in the order of the situation, so that messages which name the first pod are stable.
func (w *World) Pods() corelisters.PodLister { return podLister{world: w} }

type podLister struct {
	corelisters.PodNamespaceLister
	world *World
}

func (p podLister) Pods(string) corelisters.PodNamespaceLister { return p }

func (p podLister) List(selector labels.Selector) ([]*v1.Pod, error) {
	p.world.tick()
	var found []*v1.Pod
	for _, pod := range p.world.pods {
		if selector.Matches(labels.Set(pod.Labels)) {
			found = append(found, pod)
		}
	}
	return found, nil
}

// tick lets the least time pass once, where the controller has just remembered its first recommendation: no real clock
// shows that moment again when it asks for the recommendations before now. Elsewhere time stands, so that an age may lie
// exactly on a limit.
func (w *World) tick() {
	if w.situation.Recommendations == nil && !w.ticked {
		w.ticked = true
		time.Sleep(time.Nanosecond)
	}
}

// The recorder of events.

func (w *World) Event(_ runtime.Object, eventType, reason, message string) {
	w.events = append(w.events, Event{Type: eventType, Reason: reason, Message: sortedRivals(message)})
}

func (w *World) Eventf(object runtime.Object, eventType, reason, format string, args ...interface{}) {
	w.Event(object, eventType, reason, fmt.Sprintf(format, args...))
}

func (w *World) AnnotatedEventf(object runtime.Object, _ map[string]string, eventType, reason, format string, args ...interface{}) {
	w.Eventf(object, eventType, reason, format, args...)
}

// sortedRivals orders the names in a message: the controller lists them in the order of a map.
func sortedRivals(message string) string {
	open, shut := strings.LastIndexByte(message, '['), strings.LastIndexByte(message, ']')
	if open < 0 || shut < open || !strings.Contains(message[:open], "controlled by multiple HPAs") {
		return message
	}
	names := strings.Fields(message[open+1 : shut])
	sort.Strings(names)
	return message[:open+1] + strings.Join(names, " ") + message[shut:]
}

// The monitor of the controller's own metrics.

func (w *World) ObserveReconciliationResult(action monitor.ActionLabel, failure monitor.ErrorLabel, _ time.Duration) {
	w.action, w.failure = action, failure
}

func (w *World) ObserveMetricComputationResult(monitor.ActionLabel, monitor.ErrorLabel, time.Duration, autoscalingv2.MetricSourceType) {
	w.computed++
}

func (w *World) ObserveHPAAddition()                         {}
func (w *World) ObserveHPADeletion()                         {}
func (w *World) ObserveDesiredReplicas(_, _ string, _ int32) {}
